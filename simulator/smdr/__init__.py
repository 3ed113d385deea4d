"""SMDR, the switching function's side: one line of text for each call that has ended, as a MiVoice Business writes it.

- ``log``    the switch's events, call by call, until there is a record to write.
- ``lines``  a record as a line, in each of the layouts that the PBX can be set to.
- ``parts``  a record as the parts that extensions had in the call, for the ledger.
- ``server`` whoever connects gets the lines; some are kept while nobody does.

It imports ``switch``, ``ledger`` and ``settings``. A new field is one of ``log.Record`` with a place in ``lines``.
Sources: Mitel's help on SMDR for the 3300 ICP ("Recorded Information", "Summary of Fields", "Examples"), and public
lines of a real PBX for the layout of 207 characters. The times are of this machine's time zone.
"""
