"""The store: database engines, the schema and its migrations, the outbox, and the assistant's own state.

- ``schema``      every table, once, in SQLAlchemy Core; ``migrations`` (Alembic) carries a database to it.
- ``database``    the ``Database`` protocol and its errors.
- ``sqlite``      fulfils it by synchronous Core: short indexed reads on the event loop, long scans and writes
                  (``group_commit``) on one dedicated thread.
- ``postgres``    fulfils it by asyncpg: pooled reads; writes one after another over all processes.
- ``prepared``    statements that both databases read without SQLAlchemy's execution.
- ``backup``      copies of a SQLite file, made while it is in use and put back.
- ``outbox``      events committed with the fact that they tell; each consumer keeps its own cursor.
- ``directory``   the one place that turns a verified identifier (a Teams user, a gateway) into an account and
                  principal without being scoped by account.
- ``identity``    the nouns of Teams that the state below is keyed by.
- ``standing``    whether what a gateway told of telephones still holds; ``monitored``: whose telephones it monitors.
- ``rows``        rows of CloudLink's tables as its nouns; ``teams_user``, ``upsert``, ``json_members`` and
                  ``padding`` are shared parts of statements; ``places`` holds cursors of lists.
- ``clock``       the time of day, injected; ``vault`` encrypts what must be read again.
- the rest        one module for each kind of state: conversations, dialogs, activities seen, sign-ins, attempts, dial
                  links, what waits while a browser is at Entra ID. Each is a small class on a ``Database``;
                  statements are built once, at import.

In come questions and facts from every room above; out go rows as dataclasses. What belongs to an account is asked for
by account, except in ``directory``; what belongs to a Teams user by that user; a link or a sign-in by its own random
id. Imports only ``cloudlink.model``.
"""
