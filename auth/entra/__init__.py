"""Signing in by Microsoft Entra ID.

- ``teams_tokens``  the tokens by which Teams says who its user is, to a tab or a bot
- ``flows``         the code flow of OpenID Connect in a browser, through MSAL
- ``checks``        what the *Test* of an integration finds: ``integration_checks`` runs it, ``probes`` ask Microsoft

In come tokens and browsers that return from Entra ID, out goes an ``EntraIdentity``, which only says whom Entra ID
means. Who that is here decides ``cloudlink.identity.EntraSignIn``.
"""
