"""CSTA III in XML over TCP, the switching function's side: what a client of this PBX sees on the wire.

In come frames from clients and events from ``switch``; out go answers, events and the faults a test asks for.

- ``framing``  eight octets and an XML document. ``document`` writes XML, ``reading`` reads it by local names.
- ``elements`` the parts that messages share: device ids, connection ids, errors, snapshots.
- ``events``   one row for each event: its elements in schema order, those of ``details`` if they are wanted.
- ``services`` the table of requests; ``monitoring``, ``call_control`` and ``session`` hold one function for each.
- ``office``   what all clients share: the switch, the monitors; and what is kept for each client.
- ``link``     one client's connection: its requests in order, its send buffer. ``server`` accepts clients.
- ``faults``   what may be spoilt while it is on; ``trouble`` what happens once, to everybody connected.

It imports ``switch``, ``timeline`` and ``settings``. A new request is a function (in ``monitoring``, ``call_control``
or ``session``) and a row in ``services``; a new event is a row in ``events``. Sources: ECMA-323 for the element order
and, in its annex on CSTA XML without SOAP, for the framing; ECMA-354 for the sessions.
"""
