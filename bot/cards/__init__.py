"""Cards: pure functions from data and a ``Translator`` to the JSON of an Adaptive Card.

- ``vocabulary``  the elements and actions that cards are made of; nothing else here writes card JSON
- ``call_log``    a page of calls; ``repeats`` makes its rows from call records
- ``call_search``  calls that were searched for; ``statistics`` what calls add up to
- ``calling``     call somebody, choose among several people, share a contact
- ``desk_phone``  call buttons that ring the desk phone, and what became of a press
- ``signing_in``  sign in, signed in, signed out
- ``numbers``     the telephone numbers of a message
- ``links``       what stands for a link of ours in a message
- ``guidance``    welcome, help, and how a tenant is connected
- ``problem``     what did not work

In come frozen dataclasses (``CallLogView``, ``CallView``, ``SignInView``); out goes wire JSON (``Card``): an attachment
of type ``application/vnd.microsoft.card.adaptive``, or the answer to a button. A card knows no store, no port method
and no Teams client. Buttons carry a verb and its arguments, never a name or a number
(a search's own words aside, which the card shows too). Imports ``cloudlink.model``, the
enums of ``cloudlink.port`` and ``i18n``.
"""

from bot.cards.call_log import CALL_LOG_VERB, CallLogView
from bot.cards.call_search import CALL_SEARCH_VERB
from bot.cards.calling import CallView, call, choose, contact
from bot.cards.guidance import connect_tenant, help_card, welcome
from bot.cards.links import call_log_link
from bot.cards.numbers import SHARE_VERB, FoundNumber, numbers
from bot.cards.problem import error
from bot.cards.repeats import CallRow, group_repeats
from bot.cards.signing_in import SignInView, sign_in, signed_in, signed_out
from bot.cards.statistics import STATISTICS_VERB
from bot.cards.vocabulary import Card

__all__ = [
    "CALL_LOG_VERB",
    "CALL_SEARCH_VERB",
    "SHARE_VERB",
    "STATISTICS_VERB",
    "CallLogView",
    "CallRow",
    "CallView",
    "Card",
    "FoundNumber",
    "SignInView",
    "call",
    "call_log_link",
    "choose",
    "connect_tenant",
    "contact",
    "error",
    "group_repeats",
    "help_card",
    "numbers",
    "sign_in",
    "signed_in",
    "signed_out",
    "welcome",
]
