"""Call tracking: what CSTA tells about an extension becomes call records and line states. Pure; no sockets, no clock.

- ``lines``     all monitored extensions; the way in for everything below.
- ``line``      one monitored extension: which of its calls an event is about, when one begins and ends.
- ``snapshots`` the same extension against what the PBX says that it has now.
- ``leg``       the extension's part in one call: what is remembered until it ends.
- ``memory``    a leg as text, so that it outlives the process.
- ``states``    what an event means for the extension's own connection.
- ``causes``    CSTA causes to those of the Media API.

In come ``gateway.csta.messages`` with the time of their arrival (aware UTC); out go ``cloudlink.uplink`` facts. A new
rule about one call belongs in ``leg``, about telling calls apart in ``line``.
"""
