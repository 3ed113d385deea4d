"""Conversations of several turns, each a few typed states kept in the store, so that a restart loses none.

- ``sign_in``  waits for the code that the sign-in page shows, then goes on with what the person had asked for.
- ``choose``   waits for which of several people the person means.

A dialog's state is a frozen dataclass with ``to_json`` and ``from_json``; ``store.dialogs`` keeps at most one for each
person and conversation, with a lifetime. A command leaves an open dialog behind, unless it is the sign-in; what is no
command is given to the open one. A new dialog is a module here, its name and a line in ``routes``. Knows nothing of
botbuilder.
"""
