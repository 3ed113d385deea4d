"""What a person may type, in every language that the assistant speaks."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from cloudlink.port import CallKind
from i18n import LANGUAGES, Translator, translator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Intent(StrEnum):
    """What the person wants."""

    CALL_LOG = "callLog"
    CALL = "call"
    SEARCH = "search"
    STATISTICS = "statistics"
    SETTINGS = "settings"
    REPORT = "report"
    REPORT_STATUS = "reportStatus"
    SIGN_IN = "signIn"
    SIGN_OUT = "signOut"
    HELP = "help"


_WITH_ARGUMENT = {Intent.CALL, Intent.SEARCH, Intent.REPORT}


@dataclass(frozen=True, slots=True)
class Command:
    """An intent with its details: ``kind`` of a call log, ``argument`` (as typed) of a call, a search or a report."""

    intent: Intent
    kind: CallKind = CallKind.ALL
    argument: str = ""

    def to_json(self) -> dict[str, str]:
        return {"intent": self.intent, "kind": self.kind, "argument": self.argument}

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        return cls(Intent(source["intent"]), CallKind(source["kind"]), source["argument"])


def understand(text: str) -> Command | None:
    """The command whose words the text begins with, the longest first; ``None`` when there is none.

    Case, accents, punctuation and spacing do not matter. English is understood in every language.
    """
    words = text.split()
    folded = tuple(_fold(word) for word in words)
    known = _phrases()
    for length in range(min(len(words), _longest()), 0, -1):
        if command := known.get(folded[:length]):
            argument = " ".join(words[length:]) if command.intent in _WITH_ARGUMENT else ""
            return Command(command.intent, command.kind, argument)
    return None


def _fold(word: str) -> str:
    """The letters of a word without case and accents, so that "Déconnecter," is "deconnecter"."""
    decomposed = unicodedata.normalize("NFKD", word).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())


def phrases(say: Translator) -> Iterator[tuple[tuple[str, ...], Command]]:
    """What one language has for each command, as words without case and accents."""
    for alternatives, command in _vocabulary(say):
        for phrase in alternatives.split("|"):
            yield tuple(_fold(word) for word in phrase.split()), command


@cache
def _phrases() -> dict[tuple[str, ...], Command]:
    return {phrase: command for language in LANGUAGES for phrase, command in phrases(translator(language))}


@cache
def _longest() -> int:
    return max(map(len, _phrases()))


def _vocabulary(say: Translator) -> Iterator[tuple[str, Command]]:
    """What people type for each command: the words of the help card, then others, with ``|`` between them."""
    yield say("call log"), Command(Intent.CALL_LOG)
    yield say("calls|log"), Command(Intent.CALL_LOG)
    yield say("missed calls"), Command(Intent.CALL_LOG, CallKind.MISSED)
    yield say("call log missed|missed"), Command(Intent.CALL_LOG, CallKind.MISSED)
    yield say("incoming calls"), Command(Intent.CALL_LOG, CallKind.INCOMING)
    yield say("call log incoming|incoming"), Command(Intent.CALL_LOG, CallKind.INCOMING)
    yield say("outgoing calls"), Command(Intent.CALL_LOG, CallKind.OUTGOING)
    yield say("call log outgoing|outgoing"), Command(Intent.CALL_LOG, CallKind.OUTGOING)
    yield say("call|dial"), Command(Intent.CALL)
    yield say("search"), Command(Intent.SEARCH)
    yield say("find"), Command(Intent.SEARCH)
    yield say("stats"), Command(Intent.STATISTICS)
    yield say("statistics"), Command(Intent.STATISTICS)
    yield say("settings"), Command(Intent.SETTINGS)
    yield say("report"), Command(Intent.REPORT)
    yield say("report a problem|problem"), Command(Intent.REPORT)
    yield say("report status"), Command(Intent.REPORT_STATUS)
    yield say("my reports"), Command(Intent.REPORT_STATUS)
    yield say("sign in"), Command(Intent.SIGN_IN)
    yield say("log in|login"), Command(Intent.SIGN_IN)
    yield say("sign out"), Command(Intent.SIGN_OUT)
    yield say("log out|logout"), Command(Intent.SIGN_OUT)
    yield say("help"), Command(Intent.HELP)
