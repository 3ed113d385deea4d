"""What the app adds to a report: everything that support needs, and nothing that a client could slip in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cloudlink import correlation
from cloudlink.administration.gateways import Link
from cloudlink.model import Principal
from i18n import translator
from reporting.errors import EACH, ErrorKind, RecentErrors
from reporting.facts import Told, facts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import SteppedClock

SAY = translator("en-GB")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def facts(told: Told, links: Sequence[Link] | None = (), region: str | None = "FR") -> dict[str, str]:
    return facts_of(told, SAY, version="1.2.3", links=links, errors=(), region=region)


def test_what_says_nothing_is_left_out() -> None:
    assert facts(Told("Teams")) == {
        "version": "1.2.3",
        "client": "Teams",
        "language": "en-GB",
        "gateway": "This account has none.",
    }


def test_the_state_of_each_gateway_is_told() -> None:
    told = facts(Told("Teams"), [Link(True, NOON), Link(False, NOON), Link(False, None)])
    assert told["gateway"].splitlines() == [
        "Connected since 2026-03-02 12:00:00 UTC",
        "Not connected since 2026-03-02 12:00:00 UTC",
        "Never connected",
    ]
    assert "does not tell" in facts(Told("Teams"), None)["gateway"]


def test_what_a_client_says_is_one_short_line_without_numbers() -> None:
    hostile = "Teams\r\nVersion: 9\u202e\0 +33 1 99 00 12 34 " + "x" * 500
    told = facts(Told(hostile))["client"]
    assert told.startswith("Teams Version: 9 +33 1 99 00 •• •• xxx")
    assert len(told) == 200
    assert "+33 1 99 00 12 34" in facts(Told(hostile), region=None)["client"]


def test_only_lines_of_our_own_script_are_taken() -> None:
    lines = [
        "2026-03-02T12:00:00Z 503 7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "2026-03-02T12:00:01Z none",
        "call +33199001234",
        "<script>alert(1)</script>",
        "2026-03-02T12:00:00Z 500 " + "x" * 65,
    ]
    told = facts(Told("Teams", failed_requests="\r\n".join(lines)))
    assert told["failedRequests"].splitlines() == lines[:2]
    many = "\n".join(f"2026-03-02T12:00:{second:02}Z 500" for second in range(60))
    assert facts(Told("Teams", failed_requests=many))["failedRequests"].count("\n") == 4


def test_the_last_errors_are_told_newest_first_with_the_ids_of_the_log(clock: SteppedClock) -> None:
    errors, who = RecentErrors(clock), Principal("account", "desk")
    for number in range(EACH + 1):
        correlation.begin(f"c-{number}")
        errors.note(who, ErrorKind.CHAT, f"ref{number}")
        clock.advance(seconds=1)
    told = facts_of(Told("Teams"), SAY, version="1", links=(), errors=errors.of(who), region="FR")
    lines = told["errors"].splitlines()
    assert lines[0] == "2026-03-02 14:05:05 UTC the assistant failed ref5 c-5"
    assert [line.split()[-1] for line in lines] == ["c-5", "c-4", "c-3", "c-2", "c-1"]


def test_errors_of_others_and_of_long_ago_are_not_kept(clock: SteppedClock) -> None:
    errors = RecentErrors(clock)
    people = [Principal("account", str(number)) for number in range(2_001)]
    for who in people:
        errors.note(who, ErrorKind.PAGE)
    assert errors.of(people[0]) == ()
    assert len(errors.of(people[-1])) == 1
    assert errors.of(Principal("other account", "2000")) == ()
