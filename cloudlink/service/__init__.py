"""CloudLink embedded in this process, on ``store``: what a company runs on one machine.

- ``embedded``    the ``CloudLink`` port: each question is answered here or handed to one of the next three.
- ``sign_in``     e-mail and password, their limits; ``passwords`` holds the hashing.
- ``call_log``    pages of calls, single calls, hiding; ``cursors`` holds the opaque places in a log.
- ``pairing``     where a new gateway makes its key known by its code; ``gateway_keys`` is how it proves that key.
- ``uplink``      the WebSocket that gateways connect to; ``arrived`` holds what is not written yet, ``spools`` counts
                  what each gateway has sent; ``gateway_reports`` keeps how it last was.
- ``commands``    what a gateway is told to do at once, whichever server it is linked to.
- ``call_control`` placing, answering and ending a person's own calls: who may, how often, and to which numbers.
- ``facts``       writes what a gateway tells, with its outbox events.
- ``administration`` accounts, users, roles, imports, gateways, integrations, audit.
- ``scim``        SCIM 2.0, by which Entra ID keeps an account's users.
- ``provision``   what an operator sets up on the server itself; ``like`` holds patterns of searches.

In come questions through the port and facts through the uplink, out go nouns of ``cloudlink.model`` and outbox events.
Imports ``cloudlink``'s contracts, ``dialing`` and ``store``. Every query is scoped by account.
"""
