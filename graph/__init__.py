"""Microsoft Graph (v1.0) by application permissions: what a tenant's administrator has consented to, and no more.

- ``tokens``         one application token for each tenant, from Microsoft Entra ID by MSAL.
- ``session``        the HTTP session that all of it shares.
- ``client``         ``Graph`` for all tenants, ``TenantGraph`` for one: sends a request, waits and repeats as allowed.
- ``messages``       a request and an answer; ``paths`` writes the addresses.
- ``errors``         what can go wrong, typed by cause.
- ``retry``          how long to keep trying, and what may be sent twice.
- ``budget``         how fast one tenant may ask each service behind Graph, so that none starves another.
- ``timing``         the clock and the sleep that all of these wait by.
- ``batch``          many requests as ``$batch``, each with its own outcome.
- ``paging``         every item of a list, page after page.
- ``permissions``    the one list of the permissions that the product asks for, and what each is for.
- ``consent``        which of them a tenant has granted.
- ``users``, ``apps``, ``contacts``, ``presence``  what we ask Graph about: people and groups; the app catalogue and
                     installations; whom a tenant's people can call; what Teams shows of them.
- ``subscriptions``  that Graph calls us when the last of these changes; for a person's own tokens alone.

In come tenant ids that an account has proved to own; out go dataclasses or a ``GraphError``. A new resource gets a
module beside ``users``, its permission a line in ``permissions``, its limits a line in ``budget``. Logs carry Graph's
request ids, never a token, an address of a person or Graph's own sentences. Imports nothing of ours.
"""
