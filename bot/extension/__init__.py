"""The message extension: what people do from the compose box, on a message, and by pasting one of our links.

- ``asked``      what Teams asks (``composeExtension/...``), checked at the edge, as dataclasses
- ``answers``    results, sentences, sign-ins and dialogs, as the JSON that Teams reads
- ``extension``  who asks and whether they may, then which of the following answers
- ``search``     people of the directory and parties of recent calls, to insert as contact cards
- ``numbers``    the telephone numbers of a message, each with a call button
- ``links``      cards in place of our own links
- ``contacts``   names and numbers that get a dial link to be shared
- ``entrance``   signing in from the compose box

A card that is inserted travels to people whom we do not know. It holds the name and number that its inserter chose, and
a dial link (``store.dial_links``) that grants nothing but the two; how Teams keeps the preview of a result is not
documented, so that holds no more either: nothing of when somebody called, or whether they were answered. Nothing here
sees botbuilder's types. Imports what ``bot`` imports.
"""
