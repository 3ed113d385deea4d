"""Tenants, the people in them, and the applications that are registered there."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from dataclasses import dataclass, field
from typing import overload
from uuid import uuid4


def _new_id() -> str:
    return str(uuid4())


@dataclass
class Person:
    """A member of a tenant. ``object_id`` never changes; ``upn`` and ``mail`` may, and may be given to someone else.

    A guest has ``home``, the id of the tenant that they are a member of and that writes their names.
    """

    upn: str
    name: str = "Example Person"
    mail: str = ""
    object_id: str = field(default_factory=_new_id)
    administrator: bool = False
    home: str = ""
    work: tuple[str, ...] = ()
    mobile: str = ""


class People(MutableSequence[Person]):
    """A list that finds by object id at once, however many there are. Nobody may be in it twice."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self._listed: list[Person] = []
        self._by_id: dict[str, Person] = {}
        self._by_upn: dict[str, Person] = {}
        self.extend(people)

    def by_id(self, object_id: str) -> Person | None:
        """Case is no matter in ids."""
        return self._by_id.get(object_id.casefold())

    def by_upn(self, upn: str) -> Person | None:
        """Case is no matter; tests rename people, so nobody is found by a name that was theirs."""
        name = upn.casefold()
        found = self._by_upn.get(name)
        if found is None or found.upn.casefold() != name or found not in self:
            self._by_upn = {person.upn.casefold(): person for person in self._listed}
            found = self._by_upn.get(name)
        return found

    def insert(self, index: int, value: Person) -> None:
        if value in self:
            raise ValueError("this object id is taken")
        self._listed.insert(index, value)
        self._by_id[value.object_id.casefold()] = value

    @overload
    def __getitem__(self, index: int) -> Person: ...
    @overload
    def __getitem__(self, index: slice) -> list[Person]: ...
    def __getitem__(self, index: int | slice) -> Person | list[Person]:
        return self._listed[index]

    def __delitem__(self, index: int | slice) -> None:
        gone = self._listed[index]
        del self._listed[index]
        for person in gone if isinstance(gone, list) else [gone]:
            del self._by_id[person.object_id.casefold()]

    def __setitem__(self, index: int | slice, value: Person | Iterable[Person]) -> None:
        raise TypeError("a person is removed and another one added")

    def __len__(self) -> int:
        return len(self._listed)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, Person) and self.by_id(value.object_id) is value


@dataclass
class Application:
    """A registration of the tenant's own: it is known in this tenant only.

    ``secrets`` are those that it may show, ``certificates`` the PEM of those that may sign its assertions, and
    ``granted`` the application permissions that the tenant's administrators have consented to. It signs people in when
    it has ``redirect_uris``.
    """

    app_id: str = field(default_factory=_new_id)
    secrets: set[str] = field(default_factory=set)
    certificates: list[bytes] = field(default_factory=list)
    granted: set[str] = field(default_factory=set)
    redirect_uris: set[str] = field(default_factory=set)


@dataclass
class Tenant:
    """A directory. ``granted`` are the application permissions that its administrators have consented to.

    ``knows_application`` is false until the application was added to the tenant, by consent. ``applications`` are its
    own registrations besides, by client id.
    """

    tenant_id: str = field(default_factory=_new_id)
    domain: str = "example.com"
    people: People = field(default_factory=People)
    granted: set[str] = field(default_factory=set)
    knows_application: bool = True
    applications: dict[str, Application] = field(default_factory=dict)

    def add(
        self,
        upn: str,
        *,
        name: str = "Example Person",
        mail: str = "",
        administrator: bool = False,
        work: tuple[str, ...] = (),
        mobile: str = "",
    ) -> Person:
        """A new member."""
        person = Person(upn, name, mail, administrator=administrator, work=work, mobile=mobile)
        self.people.append(person)
        return person

    def register(
        self, app_id: str = "", *, secret: str = "", certificate: bytes | None = None, granted: Iterable[str] = ()
    ) -> Application:
        """A new registration of the tenant's own, which an administrator has consented to for ``granted``."""
        application = Application(app_id or _new_id(), granted=set(granted))
        application.secrets |= {secret} if secret else set()
        application.certificates += [certificate] if certificate else []
        self.applications[application.app_id] = application
        return application
