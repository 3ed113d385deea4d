"""Languages: the catalogues, and moments and durations as people of a region write them.

    say = translator(activity_locale)              # cached; anything that we do not speak is answered in English
    say("Hello {name}", name=name)
    say.plural("{n} call", "{n} calls", n)
    say.when(call.created_on, now=now, zone=user.time_zone)

Message ids are whole English sentences, literal at the call site, where ``make messages`` finds them; templates call
``say`` and ``plural`` (jinja's extractor sees plain names only). English needs no catalogue. A new language is a
``locales/<language>/LC_MESSAGES/messages.po`` and an entry in ``catalogues.LANGUAGES``.

- ``catalogues``  language tags to languages, gettext catalogues from disk
- ``translator``  the ``Translator`` that all rooms hold
- ``moments``     dates, times of day, durations and numbers, by the CLDR data of Babel

In come language tags from Teams, browsers and accounts; out go sentences. Imports nothing of ours.
"""

from i18n.catalogues import LANGUAGES, MissingCatalogue
from i18n.moments import clock_of, in_zone, is_zone, language_name
from i18n.translator import Translator, translator

__all__ = [
    "LANGUAGES",
    "MissingCatalogue",
    "Translator",
    "clock_of",
    "in_zone",
    "is_zone",
    "language_name",
    "translator",
]
