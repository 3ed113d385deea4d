"""The pages of our OpenID provider: ``/cloudlink/authorize`` and ``/cloudlink/logout``.

- ``pages``  sign-in, consent, and the way back to the application; signing out

Signing in is the console's page, which comes back here. What is a good request and what an answer holds decides
``cloudlink.openid.OpenIdProvider``.
"""

from auth.openid.pages import add_openid_pages

__all__ = ["add_openid_pages"]
