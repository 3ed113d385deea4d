"""The on-premises process beside a PBX: it follows calls over CSTA, or reads them from SMDR, and reports to CloudLink.

- ``csta``      the protocol: frames, XML, device identifiers, one connection. Knows no calls and no cloud.
- ``calls``     call tracking, pure: events and snapshots go in, call records and line states come out.
- ``pbx``       what differs from one kind of PBX to the next, as data: one profile each.
- ``monitors``  keeps the monitors of the wanted extensions running on one connection; ``pace`` how many at once.
- ``snapshots`` what those extensions do now.
- ``transport`` the TCP connection to it, TLS, and why there is none.
- ``commands``  what the PBX can be told to do, by CSTA.
- ``exchange``  the PBX side: connect, supervise, hand events to ``calls``, connect again.
- ``smdr``      the PBX side of a PBX without CSTA: lines of its call log become call records.
- ``capacity``  users and busy hour calls that a PBX model is stated for.
- ``side``      what every PBX side offers: how it is, commands and how they fail.
- ``orders``    what CloudLink tells the gateway to do at once: once, and not too late.
- ``spool``     facts on disk until CloudLink has them, and the calls in being; ``spool_file`` is the file,
                ``coalesce`` says which line states nobody needs any more.
- ``link``      the CloudLink side: one outbound WebSocket; ``entrance`` shows who the gateway is, ``outbound`` is the
                way there: proxy and authority.
- ``pairing``   by a code from the console CloudLink learns the gateway's key, and later the next one;
                ``credentials`` keeps id and private key.
- ``retry``     the one way in which both sides connect again; ``tasks`` how their parts end together.
- ``status``    how the gateway is: for the operator, for Prometheus, for CloudLink.
- ``setup``     what an operator is asked when a gateway is installed.
- ``check``     tries everything that a gateway needs, step by step, for an operator.
- ``settings``  what an operator may set.
- ``service``   the wiring, run by ``cloudlink-gateway`` or ``python app.py gateway``.

In come the PBX's bytes, the extensions that CloudLink wants monitored and its commands; out go ``cloudlink.uplink``
facts. Of ours it imports ``cloudlink.commands``, ``cloudlink.model`` and ``cloudlink.uplink`` alone. A new message or
spelling belongs in ``csta``; a new rule about what a call is, in ``calls``; what only one PBX does, in its profile in
``pbx``.
"""
