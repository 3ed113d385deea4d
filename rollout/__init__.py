"""Installing Mitel Assistant for the people of a tenant, as a job that outlives restarts.

- ``model``     what a roll-out is, and the ``Rollouts`` contract that the console asks
- ``rows``      its statements: jobs, and each person's state in them
- ``service``   fulfils ``Rollouts``: begins, shows, repeats and cancels jobs
- ``worker``    carries them out through ``graph``: lists people, then installs in batches

In come an administrator's wishes; out go requests to Microsoft Graph within the tenant's budget, and rows that say what
became of each person. Only tenants that the account has proved are touched. Imports CloudLink's contracts, graph and
store; what writes the audit log is given by the composition.
"""
