"""The bot: what people write and press in Teams comes in, cards go out.

From the outside inwards:

- ``routes``      puts ``POST /api/messages`` into the web application.
- ``adapter``     one subclass of botbuilder's ``CloudAdapter``: verifies, answers in time, sends.
- ``wire``        activities as JSON; ``invokes`` the bodies that invokes answer with.
- ``connector``   the one place that sends to the Teams connector.
- ``background``  turns that outlive their request.
- ``handler``     the ``TeamsActivityHandler``: turns an activity into a ``turn.Turn``, and replies into activities.
- ``assistant``   what to do with a turn: ``commands`` understands what was typed, ``features`` finds who answers it,
                  such as ``call_log`` and ``calling``; ``dialogs`` keep what takes several turns.
- ``connected_tenants``  before the assistant: instructions for everybody whose tenant no account has connected.
- ``single_sign_on``  the token that Teams gets for its user in silence.
- ``extension``  the message extension: search from the compose box, actions on messages, unfurled links.
- ``people``  finds whom to call.
- ``cards``       data to Adaptive Cards, pure functions.

Only ``adapter``, ``handler`` and ``wire`` see botbuilder's types; from ``handler`` inwards everything takes a ``Turn``
and gives ``Reply`` values. A new command belongs in ``commands``, what answers it in a module of its own and a line of
``routes``; a question that waits for an answer belongs in ``dialogs``, a new look in ``cards``. Imports auth, cloudlink
(port, model), dialing, store and i18n.
"""
