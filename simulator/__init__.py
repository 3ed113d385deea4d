"""A PBX on a real TCP socket, for demonstrations, tests and load: CSTA III in XML, as a MiVoice Office 400,
5000 or MX-ONE speaks it, or SMDR lines, as a MiVoice Business writes them.

It stands on the other side of the wire from ``gateway/``, is written from the standard alone and imports nothing of
ours, so that a mistake of the one is not repeated by the other. Any CSTA client may connect.

- ``switch``   the call model: devices, trunks, calls and their connections. Pure; it emits what happens as dataclasses.
- ``csta``     the wire: frames, XML, sessions, monitors, requests, faults on demand. Imports ``switch``.
- ``smdr``     the other wire: a line of text for each call that has ended. Imports ``switch``.
- ``traffic``  who calls whom: scripts, random traffic at a given BHCC, the far end of a call. Imports ``switch``.
- ``timeline`` the only clock: run by the event loop, or advanced by a test, which then never waits.
- ``ledger``   the truth of the calls made, for whoever wants to compare. Imports ``switch``.
- ``states``   the truth of what each extension does, likewise.
- ``simulator`` joins these; ``service`` runs one until it is told to stop; ``settings`` is what can be chosen, and
  ``profiles`` what each kind of PBX chooses; ``command_line`` reads them from there.
- ``commands`` what a running one can be told to do, and ``control`` the port that takes them.

In come requests from CSTA clients, script lines and a seed; out go CSTA frames or SMDR lines. What a call may do
belongs in ``switch``; how it is spelt on the wire in ``csta`` or ``smdr``; when it happens in ``traffic``.
"""
