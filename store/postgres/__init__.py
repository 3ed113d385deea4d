"""PostgreSQL by asyncpg.

- ``database``  fulfils ``Database``: reads go to asyncpg's own pool, each a transaction of its own; long scans have a
                smaller pool, so that they cannot keep reads waiting.
- ``writer``    one thread with an event loop for the driver, where SQLAlchemy gives each work the synchronous
                connection that it has on SQLite.
- ``engines``   how a connection is made and what it asks of the server; migrating.
- ``errors``    what went wrong, in the words that SQLite's driver uses too.

A write takes an advisory lock that is held until its commit is visible, so writes of all processes run one after
another. Hence work may read and then decide, and ids of the outbox become visible in their order.
"""
