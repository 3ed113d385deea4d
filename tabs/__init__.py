"""Pages for people: today the dial page, which a card's call button opens.

- ``dial``          ``/dial/{dial_id}``: from an opaque link to the anchor that a person taps
- ``pages``         templates into responses, in the browser's language and under our policy
- ``failures``      what a page of ours, here or in auth, answers when it fails unforeseen
- ``static_files``  ``/static``: what Vite builds from ``scripts/`` and ``styles/``, for these pages and for sign-in
- ``templates``     Jinja2, escaped; each extends ``page.html``

In come HTTP requests; out go pages that work without a script wherever a browser allows it, with no inline script or
style and nothing from another host. May import auth, cloudlink (port, model), dialing, store and i18n; never the bot.
A new page is a module with its routes and a template; its script is an entry in ``vite.config.ts``.
"""
