"""``cloudlink-gateway check``: each thing that a gateway needs, tried one after the other, with what to do about it.

- ``step``     what was tried and how it went; a step that fails says in one sentence what to do.
- ``network``  the steps that both sides share: name, TCP, TLS.
- ``pbx``      the PBX's side over CSTA: network, session, system status, one monitor and its snapshot.
- ``smdr``     the PBX's side over SMDR: network, and what the PBX says.
- ``cloud``    CloudLink's side: network, clock, key.
- ``machine``  the disk under the spool.

A check changes nothing: its monitor is stopped, and a gateway that runs meanwhile keeps its connections. Each side is
an async generator of steps, which ends with the first that fails: what comes after it cannot go better.
"""
