"""Microsoft 365 contacts of an account: read from its tenants in the background, kept in the store to be searched.

- ``model``   what an administrator sees of it, and the ``ContactSyncs`` contract; ``service`` fulfils it
- ``rows``    its statements: the state of each tenant's reading
- ``worker``  reads page after page, four times a day, and goes on after a restart where it was
- ``numbers`` what somebody has typed as a number, as people are found by it

In come tenants that an account has proved, and what Microsoft Graph tells of them; out go contacts for
``store.people``. A tenant that has not granted both permissions of the feature has none, and one that takes them back,
or is disconnected, has none any more. Imports CloudLink's model, dialing, graph and store.
"""
