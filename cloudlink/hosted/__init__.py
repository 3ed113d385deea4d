"""Mitel's hosted CloudLink behind the port, through its public API.

- ``hosted``         the ``CloudLink`` port: each question becomes one or two requests
- ``calling``        placing calls, and what each refusal means
- ``api``            requests: addresses, headers, retries, and errors by their cause
- ``tokens``         each person's tokens, refreshed in time and stored encrypted
- ``mirror``         accounts and users as rows of ours, since the assistant's own state hangs on them
- ``notifications``  Mitel's webhook, which only says that there is something new to read

In come questions through the port and posts to the webhook; out go requests to the API, mirror rows and outbox events.
What Mitel publishes is in the swagger of its Media API and its developer portal; where an assumption goes beyond that,
the docstring says *unverified*. Imports ``cloudlink``'s contracts, ``cloudlink.wire``,
``dialing`` and ``store``.
"""
