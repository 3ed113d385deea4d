"""Fulfils ``cloudlink.identity`` on the store: who may sign in, and with what.

- ``sessions``        browsers, Teams pages and applications that somebody is signed in with
- ``keys``            what signs tokens; ``jws`` writes and verifies them, byte by byte
- ``tokens``          access tokens: their claims, and whose they are
- ``clients``         applications; ``client_fields`` says what they may be registered with
- ``grants``          from passwords, codes, refresh tokens and secrets to tokens: ``client_authentication`` says which
                      application asks, ``codes`` and ``refreshing`` hold what is used once, ``persons`` what is told
- ``authentication_api``  the Authentication API; ``oauth`` reads its requests and tells its refusals
- ``openid``          the OpenID provider; ``authorization`` judges what applications ask of it by browser
- ``password_links``  links and codes by which people set their password, and the mails that bring them
- ``password_setting``  what such a link or code does; ``password_rules`` which passwords it takes
"""
