"""What the app adds to a problem report, in words that its author understands as well as support."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from cloudlink.administration.reports import Fact
from dialing import redact
from reporting.errors import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cloudlink.administration.gateways import Link
    from i18n import Translator
    from reporting.errors import Happened

_LONGEST = 200
_MOST_REQUESTS = 5
# As our own script notes them: when, the status or "none", and the id under which the log has the request.
_REQUEST = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?:\d{3}|none)(?: [A-Za-z0-9._-]{1,64})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """What a person's client says of itself: any text at all. ``zone`` is the IANA name of their clock.

    ``failed_requests`` are lines that the tab's script notes.
    """

    client: str
    device: str = ""
    browser: str = ""
    zone: str = ""
    failed_requests: str = ""


def facts_of(
    told: Told,
    say: Translator,
    *,
    version: str,
    links: Sequence[Link] | None,
    errors: Sequence[Happened],
    region: str | None,
) -> dict[str, str]:
    """By ``Fact``, without those that say nothing. What a client says is cut, and without telephone numbers of the
    ``region``; ``None`` leaves them in. ``links`` are ``None`` where CloudLink does not tell.
    """
    facts = {
        Fact.VERSION: version,
        Fact.CLIENT: _line(told.client, region),
        Fact.DEVICE: _line(told.device, region),
        Fact.BROWSER: _line(told.browser, region),
        Fact.LANGUAGE: say.locale.replace("_", "-"),
        Fact.TIME_ZONE: _line(told.zone, region),
        Fact.GATEWAY: _gateways(links, say),
        Fact.ERRORS: "\n".join(_error(each, say) for each in errors),
        Fact.FAILED_REQUESTS: _requests(told.failed_requests),
    }
    return {name.value: text for name, text in facts.items() if text}


def _line(text: str, region: str | None) -> str:
    printable = "".join(filter(str.isprintable, " ".join(text.split())))[:_LONGEST]
    return printable if region is None else redact(printable, region)


def _gateways(links: Sequence[Link] | None, say: Translator) -> str:
    if links is None:
        return say("Not known: Mitel's CloudLink does not tell.")
    return "\n".join(_gateway(link, say) for link in links) or say("This account has none.")


def _gateway(link: Link, say: Translator) -> str:
    if link.since is None:
        return say("Never connected")
    if link.connected:
        return say("Connected since {moment}", moment=_moment(link.since))
    return say("Not connected since {moment}", moment=_moment(link.since))


def _error(happened: Happened, say: Translator) -> str:
    kind = {
        ErrorKind.PAGE: say("a page failed"),
        ErrorKind.CHAT: say("the assistant failed"),
        ErrorKind.UNAVAILABLE: say("the telephone system was not reached"),
    }[happened.kind]
    return " ".join(filter(None, (_moment(happened.at), kind, happened.reference, happened.correlation_id)))


def _requests(text: str) -> str:
    """Lines of another form were not made by our script."""
    return "\n".join([line for line in text.splitlines() if _REQUEST.fullmatch(line)][-_MOST_REQUESTS:])


def _moment(moment: datetime) -> str:
    """The same for everybody who reads it: support may be elsewhere, and the log is in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
