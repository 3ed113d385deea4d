"""Call tracking: what CSTA tells about an extension becomes call records and line states. Pure; no sockets.

- ``lines``     all monitored extensions; the way in for everything below.
- ``line``      one monitored extension: which of its calls begin, go on and end, and what it shows.
- ``matching``  which of the calls in being an event is about.
- ``ended``     calls that are over, while news of them may trail in.
- ``joins``     transfer and conference: two calls become one.
- ``snapshots`` a line against what the PBX says that it has now.
- ``leg``       the extension's part in one call: what is remembered until it ends.
- ``records``   a leg that has ended as the Media API has it, with the table from CSTA to its fields.
- ``states``    what an event means for the extension's own connection: the state machine, as a table.
- ``parties``   what two messages say of one party.
- ``causes``    CSTA causes to those of the Media API.
- ``memory``    a leg as text, so that it outlives the process.
- ``clock``     time in which a step of the machine's clock makes no call longer or shorter.

In come ``gateway.csta.messages``; out go ``cloudlink.uplink`` facts in aware UTC. A new rule about one call belongs in
``leg``, about telling calls apart in ``matching`` or ``ended``.
"""
