"""What the bot says unasked: missed calls, daily summaries, news of a problem report.

- ``listening``  events of the outbox into pending rows (``store.notices``); nothing is sent there
- ``summaries``  the pending row of a day, at eight o'clock on each person's clocks
- ``worker``     claims what is due for one person after another
- ``telling``    decides what becomes of it: told now, after the quiet hours, in one card or several, or not at all
- ``missed``     which calls are news, and their cards; ``daily`` the card of a day;
                 ``reports`` what became of a problem report
- ``answered`` takes a card back whose call another telephone of the person has taken
- ``readers``    who is told: their conversation, language and clocks
- ``post``       sends, and says what became of it; ``pace`` keeps Teams' limits
- ``buttons``    answers the buttons of these cards

A message that may have arrived is not sent again: a missed call stands in the call log anyway, and a second card would
tell of a call that never was.
"""
