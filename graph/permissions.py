"""Each permission that the product asks a tenant for, once: the console, the consent check and the documentation read
it here, and every request to Graph names the one it needs.

The names are those of Microsoft's permissions reference; each is the least that its calls accept by the permission
tables of ``list users``, ``list orgContacts``, ``list group members``, ``list teamsApp``, ``install app for user`` and
``setPresence``; presence is also read with what writes it (``getPresencesByUserId``), but its changes are told to
signed-in people alone (``changenotifications-for-presence``).

``User.ReadBasic.All`` is offered as an application permission since January 2024 (MC704030). Who has tried it reports
that it lists people as long as nothing but basic properties is filtered by, others that ``/users`` refuses it; the
tables do not name it. So presence, which needs nothing else, asks for it and takes ``User.Read.All`` in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

Say = Callable[[str], str]
"""What says an English sentence in a reader's language: ``i18n``'s translator, or ``str``."""


class Kind(StrEnum):
    """Whether we act as ourselves, which an administrator must consent to, or for the person who is signed in."""

    APPLICATION = "application"
    DELEGATED = "delegated"


class Feature(StrEnum):
    """What a tenant can switch on."""

    SIGN_IN = "sign-in"
    ROLL_OUT = "roll-out"
    PRESENCE = "presence"
    CONTACTS = "contacts"


@dataclass(frozen=True, slots=True)
class Permission:
    """``purpose`` says in one sentence, to administrators, what it is for.

    ``optional`` ones serve a part of their features only. ``covered_by`` names larger ones that serve in its place.
    """

    name: str
    kind: Kind
    features: frozenset[Feature]
    purpose: Callable[[Say], str]
    optional: bool = False
    covered_by: frozenset[str] = frozenset()

    def is_among(self, granted: Collection[str]) -> bool:
        """Whether it, or what covers it, was granted."""
        return self.name in granted or not self.covered_by.isdisjoint(granted)


OPENID = Permission(
    "openid",
    Kind.DELEGATED,
    frozenset({Feature.SIGN_IN}),
    lambda say: say("Signs a person in with the company's account."),
)
PROFILE = Permission(
    "profile",
    Kind.DELEGATED,
    frozenset({Feature.SIGN_IN}),
    lambda say: say("Tells the person's name and user principal name."),
)
EMAIL = Permission(
    "email",
    Kind.DELEGATED,
    frozenset({Feature.SIGN_IN}),
    lambda say: say("Tells the person's e-mail address, to find their CloudLink user."),
)
READ_USERS = Permission(
    "User.Read.All",
    Kind.APPLICATION,
    frozenset({Feature.ROLL_OUT, Feature.CONTACTS}),
    lambda say: say("Reads the people of the company: whom to install the app for, and whom to call."),
)
READ_BASIC_PROFILES = Permission(
    "User.ReadBasic.All",
    Kind.APPLICATION,
    frozenset({Feature.PRESENCE}),
    lambda say: say("Reads the names and addresses of the company's people, to find whose presence to set."),
    covered_by=frozenset({READ_USERS.name}),
)
READ_GROUP_MEMBERS = Permission(
    "GroupMember.Read.All",
    Kind.APPLICATION,
    frozenset({Feature.ROLL_OUT}),
    lambda say: say("Lists the members of a group, to install the app for that group only."),
    optional=True,
)
READ_CATALOGUE = Permission(
    "AppCatalog.Read.All",
    Kind.APPLICATION,
    frozenset({Feature.ROLL_OUT}),
    lambda say: say("Finds Mitel Assistant among the apps of the company."),
)
INSTALL_ITSELF = Permission(
    "TeamsAppInstallation.ReadWriteSelfForUser.All",
    Kind.APPLICATION,
    frozenset({Feature.ROLL_OUT}),
    lambda say: say("Installs Mitel Assistant for people, and no other app."),
)
READ_CONTACTS = Permission(
    "OrgContact.Read.All",
    Kind.APPLICATION,
    frozenset({Feature.CONTACTS}),
    lambda say: say("Reads the contacts that the company keeps for everybody, to find and call them."),
)
WRITE_PRESENCE = Permission(
    "Presence.ReadWrite.All",
    Kind.APPLICATION,
    frozenset({Feature.PRESENCE}),
    lambda say: say("Shows in Teams that a person is on the telephone."),
)
READ_PRESENCE = Permission(
    "Presence.Read.All",
    Kind.DELEGATED,
    frozenset({Feature.PRESENCE}),
    lambda say: say("Tells at once that people change their presence in Teams, once somebody has signed in for it."),
    optional=True,
)

PERMISSIONS = (
    OPENID,
    PROFILE,
    EMAIL,
    READ_USERS,
    READ_BASIC_PROFILES,
    READ_GROUP_MEMBERS,
    READ_CATALOGUE,
    INSTALL_ITSELF,
    READ_CONTACTS,
    WRITE_PRESENCE,
    READ_PRESENCE,
)


def needed_for(feature: Feature, kind: Kind = Kind.APPLICATION) -> tuple[Permission, ...]:
    """Those that the feature uses, optional ones included, in the order of the list."""
    return tuple(p for p in PERMISSIONS if feature in p.features and p.kind is kind)
