"""Who of a tenant a user is, once the tenant's people and the account's users are known; pure.

What comes first decides, for all users before the next is looked at, and a person is one user's only:

1. the person who has signed in as the user, whatever their names are now;
2. the person whom the user was found to be before, as long as the user's e-mail address is the same: a user principal
   name that is given to somebody else takes nobody along;
3. the one whose user principal name is the e-mail address;
4. the one whose mail it is, if nobody else has the same.

Guests are not looked for by an address, as at sign-in (``cloudlink.service.entra``): their own tenant writes their
names, and could write anybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from presence.model import NotSynced
from presence.nearest import nearest
from store.directory import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from graph.users import User

# In the user principal name of everybody whose home is another tenant.
_GUEST = "#ext#"
_LONGEST_CANDIDATE = 320


@dataclass(frozen=True, slots=True)
class Found:
    """Who a user is; or, without ``object_id``, why nobody and whose user principal name it might be."""

    object_id: str | None = None
    reason: str | None = None
    candidate: str | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """A user. ``email`` is folded, ``linked`` who has signed in as them, ``before`` what was found for this address."""

    principal_id: str
    email: str
    name: str
    linked: str | None = None
    before: Found | None = None

    @property
    def kept(self) -> str | None:
        """The object id that was found for this address before."""
        return self.before.object_id if self.before else None


class Persons:
    """People of one tenant, by whatever they are found by."""

    def __init__(self) -> None:
        self.by_id: dict[str, User] = {}
        self._by_upn: dict[str, User] = {}
        self._by_mail: dict[str, tuple[User, ...]] = {}

    def __iter__(self) -> Iterator[User]:
        return iter(self.by_id.values())

    def add(self, user: User) -> None:
        """One more."""
        self.by_id[user.object_id] = user
        upn, mail = _folded(user.user_principal_name), _folded(user.mail)
        if _GUEST in upn:
            return
        self._by_upn[upn] = user
        if mail and mail != upn:
            self._by_mail[mail] = (*self._by_mail.get(mail, ()), user)

    def of_address(self, address: str) -> tuple[User, ...]:
        """Whoever has it, a user principal name before mails."""
        upn = self._by_upn.get(address)
        return (upn,) if upn else self._by_mail.get(address, ())

    def of_upn(self, address: str) -> User | None:
        """Whose user principal name it is."""
        return self._by_upn.get(address)


def identify(sought: Sequence[Sought], persons: Persons, held: Collection[str] = ()) -> dict[str, Found]:
    """By principal id. ``held`` are object ids of people who are users already that are not among ``sought``.

    For tens of thousands it takes seconds.
    """
    taken, found = set(held), dict[str, Found]()
    left = list(sought)
    for rule in _RULES:
        still = []
        for user in left:
            person = rule(user, persons)
            if person is None or person.object_id in taken:
                still.append(user)
            else:
                taken.add(person.object_id)
                found[user.principal_id] = Found(person.object_id)
        left = still
    lost = [user for user in left if user.email and not persons.of_address(user.email)]
    near = nearest([(user.principal_id, user.email, user.name) for user in lost], persons, taken)
    return found | {user.principal_id: _unfound(user, persons, near.get(user.principal_id)) for user in left}


def _by_link(user: Sought, persons: Persons) -> User | None:
    return persons.by_id.get(user.linked) if user.linked else None


def _as_before(user: Sought, persons: Persons) -> User | None:
    return persons.by_id.get(user.kept) if user.kept else None


def _by_upn(user: Sought, persons: Persons) -> User | None:
    return persons.of_upn(user.email) if user.email else None


def _by_mail(user: Sought, persons: Persons) -> User | None:
    """Also finds whom ``_by_upn`` has found: then they are taken."""
    people = persons.of_address(user.email) if user.email else ()
    return people[0] if len(people) == 1 else None


_RULES: tuple[Callable[[Sought, Persons], User | None], ...] = (_by_link, _as_before, _by_upn, _by_mail)


def _unfound(user: Sought, persons: Persons, near: str | None) -> Found:
    if not user.email:
        return Found(reason=NotSynced.NO_EMAIL)
    people = persons.of_address(user.email)
    if not people:
        return Found(reason=NotSynced.NOBODY, candidate=_fitting(near))
    reason = NotSynced.TAKEN if len(people) == 1 else NotSynced.SEVERAL
    # Of several, one with the user's own name comes first.
    likely = min(people, key=lambda each: (fold(each.name) != fold(user.name), each.user_principal_name))
    return Found(reason=reason, candidate=_fitting(likely.user_principal_name))


def _fitting(candidate: str | None) -> str | None:
    """As a column takes it: no NUL, no half of a character."""
    if candidate is None:
        return None
    return candidate.encode("utf-8", "ignore").decode().replace("\0", "")[:_LONGEST_CANDIDATE]


def _folded(text: str) -> str:
    """Folded; the very same object where that changes nothing, as it does with most of fifty thousand."""
    folded = fold(text)
    return text if folded == text else folded
