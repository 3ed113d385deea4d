"""Presence in Microsoft Teams, against stand-ins of Entra ID and Graph: ``python -m benchmarks.presence [PART ...]``.

Each part is a process of its own, as in a company: the server on SQLite, gateways, simulated PBXs, and the stand-ins,
whose Graph answers after 50 ms. All clocks are the machine's monotonic one. A request is taken to leave us when the
stand-in has it, which is never too early.

- ``to_teams``    MiVoice Office 400, 5000 and MX-ONE with all their users and busy-hour calls in one account and
  tenant: from the PBX's event to the request, what is written, and whether all are shown as they are.
- ``from_teams``  5,000 people: from the choice in Teams to SetDoNotDisturb at the PBX, and what is read for it.
- ``writes``      of a call of a minute and of one of two hours, in time that is stepped.
- ``many``        50,000 people in one tenant: a cold start with and without matching, memory, one reconciliation.

``site`` makes a company and runs its processes, ``teams`` is what the stand-in is asked, ``telephones`` what the
simulators say that telephones do; ``comparison`` compares the two. ``crowd`` makes a company of rows alone.
"""
