"""The package that a Teams admin uploads.

- ``manifest.json``  the template; ``${…}`` stand for settings. Version 1.9 is the lowest with all that it uses:
  reserved tabs without an address came with 1.7, languages with 1.5, ``webApplicationInfo`` with 1.4 and
  ``defaultInstallScope`` (a bot of three scopes is to be installed for the person) with 1.9.
- ``languages``      the sentences of each further language; English stands in the template itself
- ``settings``       ``PackageSettings``: what differs from customer to customer
- ``check``          what Teams would refuse, told by setting
- ``package``        the zip, byte for byte the same from the same settings
- ``draw_icons``     draws ``color.png`` and ``outline.png``; run it when the drawing changes

In come settings, out goes a zip or the list of what is wrong with them. Imports nothing of ours and nothing but the
standard library, so the command is ready at once.
"""
