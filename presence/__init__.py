"""Telephony presence: who is on the telephone is busy in Teams, and do not disturb travels both ways.

- ``policy``    what a person's devices mean for Teams, as a table; pure
- ``ledger``    what one tenant's people are to be shown as, what they are shown as, and what is due; pure
- ``writer``    sends what is due to Graph, within the tenant's budget; ``outcomes`` reads the answers
- ``journal``   what the database is told of sessions, and when
- ``sessions``  its statements: what may be shown in Teams, so that a crash leaves nobody in a call
- ``rows``      statements of accounts, of who is to be shown, and of how it fares
- ``matching``  which of the tenant's people a user is, kept by object id; who is nobody, and why: ``identifying`` and
  ``nearest`` decide, both pure, ``match_rows`` has the statements
- ``mirror``    do not disturb from Teams to the telephone, without an echo; pure
- ``reader``    reads the tenant's presences in bulk, for ``steering``, which keeps everybody's mirror (``mirror_rows``)
  and has the telephones switched
- ``lines``     reads how telephones are, and ``gateways`` whether what was told of them still holds
- ``tenant``    all of that for one account and its tenant; ``telling`` writes how it fares
- ``worker``    which accounts this server looks after (``leases`` on ``claims``), and what the outbox tells it of them
- ``watchers``  people in whose name Graph tells of changes: their rows. ``watcher_service`` adds and removes them
- ``keeper``    keeps their subscriptions
- ``webhook``   what Graph calls, and ``changes`` reads whom it names; ``watching`` is all of these together
- ``people``    whose telephone is shown and whose is not, and why: ``told`` judges what gateways have told
- ``model``     what an administrator sees of it, and the contracts; ``service`` fulfils them, and ``recorder`` is how
  changes reach the audit log
- ``meters``    what is counted; ``metrics`` and ``census`` tell it to the operator

In come line states, as CloudLink has stored them, and accounts that have switched presence on for a tenant of their
own; out go application sessions at Graph and, where the account wants it, do not disturb to its telephones. A
telephone state that Teams should know of gets a row in ``policy``'s table and nothing else. Imports CloudLink's
contracts, graph and store.
"""
