"""The package that a Teams admin uploads.

- ``manifest.json``  the template; ``${…}`` stand for settings. Version 1.9 is the lowest with all that it uses:
  reserved tabs without an address came with 1.7, languages with 1.5, ``webApplicationInfo`` with 1.4 and
  ``defaultInstallScope`` (a bot of three scopes is to be installed for the person) with 1.9.
- ``languages``      the sentences of each further language; English stands in the template itself
- ``settings``       ``PackageSettings``: what differs from customer to customer
- ``check``          what Teams would refuse, told by setting or file: ``addresses``, ``document`` (the parts of the
  manifest), ``texts`` (each language) and ``icons`` know one thing each
- ``package``        the zip, byte for byte the same from the same settings
- ``archive``        a package that somebody has edited, back into files to check
- ``draw_icons``     draws ``color.png`` and ``outline.png``; run it when the drawing changes

``validDomains`` holds our host alone. Sign-on is a top-level page, so Microsoft's hosts need not stand there, and
nothing here goes through the token service of Bot Framework. There is no ``authorization``: resource-specific
permissions are for reading or changing a team, a chat or a meeting through Graph, for hearing messages that do not
mention the bot, and for notices in the activity feed. The bot answers who writes to it and sends cards into chats that
it is already in; roll-out and presence are permissions of the whole tenant, which an administrator grants in Entra ID.

In come settings, out goes a zip or the list of what is wrong with them. Imports nothing of ours and nothing but the
standard library, so the command is ready at once.
"""
