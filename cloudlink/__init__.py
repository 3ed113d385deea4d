"""CloudLink: accounts, users, endpoints and call records, seen through one port.

What is here:

- ``model``           the nouns. Call fields keep the names of Mitel's public Media API. Imports nothing of ours.
- ``port``            the ``CloudLink`` protocol that bot, tabs and auth are written against. Imports only ``model``.
- ``search``          finding calls through the port; ``repeats`` and ``statistics`` sum them up, pure.
- ``dialled``         which numbers a telephone may be told to call; the one module here that imports ``dialing``.
- ``call_sentences``  what people are told of a call that their desk phone was to place.
- ``identity``        the contracts of signing in to the embedded service: sessions, password links, Entra ID.
- ``openid``          the contract of our OpenID provider.
- ``administration``  the contracts of administrators: accounts, users, roles, gateways, integrations, audit.
- ``codes``           what is typed from one place into another.
- ``tasks``           tasks that end together, for both sides of the uplink.
- ``topics``          the outbox events: what happened in an account, for whoever listens.
- ``correlation``     the id that ties a request to its log lines.
- ``commands``        what CloudLink may tell a gateway to do, and what becomes of it.
- ``uplink``          the messages between a gateway and CloudLink, as dataclasses and JSON.
- ``gateway_key``     the key pair of a gateway, and how it proves it.
- ``gateway_report``  what a gateway tells of itself, for the console and the operator.
- ``exposition``      figures of a process for Prometheus; ``loopback`` the port at which it tells them.
- ``line_sentences``  how a line is, as people read it.
- ``service``         CloudLink embedded in this process, on ``store``: what a company runs on one machine.

In come records and line states from gateways (through ``uplink``) and questions from bot, tabs and auth (through
``port``); out go answers and outbox events. A new noun belongs in ``model``, a new question in ``port`` (and then in
every implementation of it), a new message of the gateway in ``uplink``.
"""
