"""Measurements side by side with the peers, one command: ``make bench``.

- ``bot``      turns per second of a signed-in ``call log`` beside bare echo bots on three frameworks and plain aiohttp.
- ``call_log`` a page of the call log in stores of 10 thousand, 1 million and (by an option) 10 million calls.
- ``gateway``  CSTA events per second beside lxml parsing the same bytes and nothing else.
- ``monitors`` time until 500 to 5,000 monitors are up on a PBX that takes 5 ms for each request, and memory then.
- ``notices``  from a missed call to its card at a connector; the daily summary of 10,000 people, its pace and memory.
- ``presence`` from a PBX to Microsoft Graph, and from Teams to the telephone; a cold start with 50,000 people in Teams.
- ``scim``     users per second made, synchronised anew and changed, beside scim2-server's own server in memory.
- ``startup``  time until ready and memory when idle, beside importing botbuilder alone.
- ``tabs``     the call log as a page: its time in a store of 1 million calls, memory of open ones, size of its scripts.
- ``uplink``   facts of four gateways, from their making to the acknowledgement of their commit, at 20 busy hours too.

Each prints medians and ratios with the bound that it is held to; none fails the build, since machines differ.
"""
