"""How the gateway is, for whoever runs it: on this machine, and by a report to CloudLink.

- ``state``      what is told, as data.
- ``reporter``   gathers it from the PBX's side, the spool and the counters.
- ``rate``       events a second.
- ``listener``   answers ``/status`` and ``/metrics`` on loopback; ``metrics`` writes the latter for Prometheus.
- ``reading``    asks a gateway that runs; ``table`` draws what it answers for a terminal.
- ``telling``    sends the report to CloudLink when there is news.
- ``advice``     what an operator does about each trouble, in a sentence.
- ``supervisor`` tells systemd that the gateway is ready and lives.

No metric carries a number or a name. The status names extensions that are not served, and no other number.
"""
