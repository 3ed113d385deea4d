"""Pages for people: the dial page, which a card's call button opens, the personal tabs, and the account console.

- ``dial``          ``/dial/{dial_id}``: from an opaque link to the anchor that a person taps
- ``console``       ``/console``: accounts, users, imports and the rest for administrators, in a browser or a Teams tab
- ``personal``      ``/tabs``: the call log of whoever is signed in, in a Teams tab or in a browser
- ``devices``       on which device a page is shown
- ``guide``         ``/guide/user``: the guide for users
- ``micollab``      warnings when an account's MiCollab is too old
- ``sign_in``       a browser's sign-in page, ``/console/sign-in`` and ``/tabs/sign-in``, with a cookie session
- ``visitors``      who asks for a page: a browser by its cookie, or a page inside Teams by its bearer
- ``markdown``      the guides' own Markdown into HTML
- ``csv_download``  a table as a file for a spreadsheet
- ``pages``         templates into responses, in the browser's language and under our policy
- ``failures``      what a page of ours, here or in auth, answers when it fails unforeseen
- ``teams_page``    the page that Teams frames, in whose place the pages above are shown
- ``static_files``  ``/static``: what Vite builds from ``scripts/`` and ``styles/``, for these pages and for sign-in
- ``templates``     Jinja2, escaped; each extends ``page.html`` (a card in the middle) or the
                    ``frame.html`` of ``console`` and ``personal``

``fluent-tokens.ts`` gives ``styles/console.css`` the colours of Teams' themes when Vite builds it.

In come HTTP requests; out go pages that work without a script wherever a browser allows it, with no inline script or
style and nothing from another host. May import auth, cloudlink (its contracts: port, model, identity, administration),
dialing, store and i18n; never the bot. A new page is a module with its routes and a template; its script is an entry
in ``vite.config.ts``.
"""
