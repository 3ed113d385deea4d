"""CloudLink embedded in this process, on ``store``: what a company runs on one machine.

- ``embedded``   the ``CloudLink`` port's answers: accounts, users, devices, the call log.
- ``passwords``  signing in by e-mail and password: hashes, limits, equal time for right and wrong.
- ``cursors``    the opaque places in a call log.
- ``uplink``     the WebSocket that gateways connect to; ``facts`` writes what they tell, with its outbox event.
- ``provision``  makes accounts, users and gateways.

In come questions through the port and facts through the uplink, out go nouns of ``cloudlink.model`` and outbox events.
Imports ``cloudlink``'s contracts and ``store``. Every query is scoped by account.
"""
