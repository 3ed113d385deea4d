"""The personal tabs by name, in the order in which people see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tabs.sign_in import Entrance

if TYPE_CHECKING:
    from collections.abc import Callable

    from i18n import Translator


@dataclass(frozen=True, slots=True)
class Tab:
    """``key`` is its entity id in the package and the last part of its framed address, ``/tabs/teams/{key}``."""

    key: str
    path: str
    title: Callable[[Translator], str]


CALLS = Tab("calls", "/tabs/calls", lambda say: say("Call log"))
CONTACTS = Tab("contacts", "/tabs/contacts", lambda say: say("Contacts"))
REPORT = Tab("report", "/tabs/report", lambda say: say("Report a problem"))
SETTINGS = Tab("settings", "/tabs/settings", lambda say: say("Settings"))
# Teams keeps "about" for itself.
ABOUT = Tab("about-app", "/tabs/about", lambda say: say("About"))

ENTRANCE = Entrance("/tabs/sign-in", CALLS.path, lambda say: say("Sign in to Mitel Assistant"))
TABS = (CALLS, CONTACTS, REPORT, SETTINGS, ABOUT)
