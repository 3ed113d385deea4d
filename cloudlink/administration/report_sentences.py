"""What people call the parts of a problem report, wherever it is read: in a tab, a card, the console or a mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cloudlink.administration.reports import Category, Fact, ReportState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Says(Protocol):
    """A translator; the contracts do not import one."""

    def __call__(self, sentence: str, /, **values: object) -> str: ...


CATEGORIES: Mapping[str, Callable[[Says], str]] = {
    Category.CALL_LOG: lambda say: say("Call log"),
    Category.CALLING: lambda say: say("Making a call"),
    Category.SIGN_IN: lambda say: say("Signing in"),
    Category.PRESENCE: lambda say: say("Presence in Teams"),
    Category.OTHER: lambda say: say("Something else"),
}

FACTS: Mapping[str, Callable[[Says], str]] = {
    Fact.VERSION: lambda say: say("Version of the app"),
    Fact.CLIENT: lambda say: say("Opened in"),
    Fact.DEVICE: lambda say: say("Device"),
    Fact.BROWSER: lambda say: say("Browser"),
    Fact.LANGUAGE: lambda say: say("Language"),
    Fact.TIME_ZONE: lambda say: say("Time zone"),
    Fact.GATEWAY: lambda say: say("Gateway"),
    Fact.ERRORS: lambda say: say("Last errors"),
    Fact.FAILED_REQUESTS: lambda say: say("Requests without an answer"),
}

STATES: Mapping[str, Callable[[Says], str]] = {
    ReportState.OPEN: lambda say: say("Open"),
    ReportState.IN_PROGRESS: lambda say: say("In progress"),
    ReportState.CLOSED: lambda say: say("Closed"),
}


def named(names: Mapping[str, Callable[[Says], str]], value: str, say: Says) -> str:
    """The word for a value; the value itself when there is none."""
    name = names.get(value)
    return name(say) if name else value
