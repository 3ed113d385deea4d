"""Where one can go in the console, by what one's role allows. A new page group is one line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.model import Role
from tabs.sign_in import Entrance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloudlink.administration.accounts import AccountRecord
    from i18n import Translator

HOME = "/console"
ACCOUNTS = f"{HOME}/accounts"
ENTRANCE = Entrance(f"{HOME}/sign-in", HOME, lambda say: say("Sign in to the console"))
ADMINISTRATORS = frozenset({Role.ACCOUNT_ADMIN, Role.PARTNER_ADMIN})


@dataclass(frozen=True, slots=True)
class Place:
    """A page group of an account. ``path`` follows the account's own; ``customers_only``: not in a partner's own."""

    key: str
    path: str
    label: Callable[[Translator], str]
    customers_only: bool = False


PLACES = (
    Place("dashboard", "", lambda say: say("Dashboard")),
    Place("users", "/users", lambda say: say("Users")),
    Place("imports", "/imports", lambda say: say("Import users")),
    Place("gateways", "/gateways", lambda say: say("Gateways"), customers_only=True),
    Place("integrations", "/integrations", lambda say: say("Integrations"), customers_only=True),
    Place("presence", "/presence", lambda say: say("Presence"), customers_only=True),
    Place("rollouts", "/rollouts", lambda say: say("Roll-out"), customers_only=True),
    Place("applications", "/applications", lambda say: say("Applications")),
    Place("mails", "/mails", lambda say: say("E-mails")),
    Place("reports", "/reports", lambda say: say("Problem reports")),
    Place("audit", "/audit", lambda say: say("Audit log")),
    Place("settings", "/settings", lambda say: say("Settings")),
)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it is drawn."""

    href: str
    label: str
    current: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under a title: the name of the account that they are about, or none."""

    title: str
    links: Sequence[Link]


def account_path(account_id: str, *rest: str) -> str:
    """``/console/accounts/{account_id}/…``."""
    return "/".join((ACCOUNTS, account_id, *rest))


def sections(role: str, account: AccountRecord | None, current: str, say: Translator) -> Sequence[Section]:
    """What somebody of that role may go to, while they look at ``account``; nothing for who administers nothing."""
    found = []
    if role == Role.PARTNER_ADMIN:
        found.append(Section("", [Link(ACCOUNTS, say("Accounts"), current == "accounts")]))
    if role in ADMINISTRATORS and account is not None:
        links = [
            Link(account_path(account.account_id) + place.path, place.label(say), place.key == current)
            for place in PLACES
            if not (place.customers_only and account.partner)
        ]
        found.append(Section(account.account.name, links))
    return found
