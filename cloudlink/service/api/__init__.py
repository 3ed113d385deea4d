"""Mitel's public API on the embedded CloudLink: Media, Admin and Notifications, version 2017-09-01.

- ``routing``        which service a request is for: by host name, by the first part of the path, or by neither
- ``gate``           whose token a request holds; ``errors`` says what went wrong as the API does
- ``bodies``         reads JSON of bounded size; ``paging`` reads ``$top``, ``$skip``, ``$skiptoken`` and links pages
- ``odata``          ``$filter``: its grammar, and its conditions as SQL
- ``media``          call records, line state
- ``admin``          accounts, users, applications: HTTP around ``cloudlink.administration``
- ``notifications``  subscriptions, and their delivery by webhook and WebSocket
- ``description``    the OpenAPI document of all of it

In come HTTP requests with an access token, out goes the JSON of ``cloudlink.wire``. Every query is scoped by the
caller's account, and an id of another account is unknown. A new operation is a handler in its service's routes with its
entry in ``description``. Imports ``cloudlink``'s contracts, ``cloudlink.service`` and ``store``.
"""
