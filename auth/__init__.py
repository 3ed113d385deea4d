"""Who is calling: everything that arrives is judged here before a room acts on it.

From Teams:

- ``botframework``  the bearer of ``/api/messages``; ``keys`` fetches and keeps the keys that signed it, ``bearer``
                    reads a token before any of it is believed.
- ``service_urls``  the hosts that an activity may name and a token may be sent to.
- ``outbound``      our own token for replies, sent to Teams alone; ``graph`` gets it from Microsoft Entra ID.
- ``demo``          what stands in for these when the demo serves activities without a token, on this machine only.

- ``entra``         a company's own sign-on: tokens of Teams, and browsers that return from Entra ID.

From a person with a CloudLink account:

- ``session``         a browser that is signed in at our top-level pages: its cookie, its forms, where it goes on to.
- ``sign_in``       a link for one Teams user in one conversation, a grant, a code that completes it; signing out.
- ``pages``         the pages behind the link (``refusals`` says why not yet, ``forms`` keeps other sites from posting
                    to them, ``rendering`` and ``templates`` draw them).
- ``tab_sign_in``     the same pages as a window over a tab in Teams: a code for the tab that opened it; ``tab_session``
                      exchanges it for a bearer, as ``entra.teams_session`` does a token (``json_exchange`` reads both).
- ``password_pages``  where people set their password, by the link or the code of a mail.
- ``openid``          the pages by which other applications share our sign-in.

``headers`` are those of every page, here and in tabs. In come tokens, links, passwords and codes; out go a verified
activity, a ``Principal``, or an error typed by its cause, and never a secret in a log. What verifies one more kind of
token gets a module here. Imports CloudLink's port and model, graph, store and i18n.
"""
