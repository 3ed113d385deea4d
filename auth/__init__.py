"""Who is calling: everything that arrives is judged here before a room acts on it.

From Teams:

- ``botframework``  the bearer of ``/api/messages``; ``keys`` fetches and keeps the keys that signed it.
- ``service_urls``  the hosts that an activity may name and a token may be sent to.
- ``outbound``      our own token for replies, from Microsoft Entra ID.
- ``demo``          what stands in for these when the demo serves activities without a token, on this machine only.

From a person with a CloudLink account:

- ``sign_in``       a link for one Teams user in one conversation, a grant, a code that completes it; signing out.
- ``pages``         the pages behind the link (``forms`` keeps other sites from posting to them, ``rendering``
                    and ``templates`` draw them).

``headers`` are those of every page, here and in tabs. In come tokens, links, passwords and codes; out go a verified
activity, a ``Principal``, or an error typed by its cause, and never a secret in a log. What verifies one more kind of
token gets a module here. Imports CloudLink's port and model, store and i18n.
"""
