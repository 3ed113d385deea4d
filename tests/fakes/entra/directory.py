"""Tenants, and the people in them."""

from __future__ import annotations

from dataclasses import dataclass, field
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


@dataclass
class Tenant:
    """A directory. ``granted`` are the application permissions that its administrators have consented to.

    ``knows_application`` is false until the application was added to the tenant, by consent.
    """

    tenant_id: str = field(default_factory=_new_id)
    domain: str = "example.com"
    people: list[Person] = field(default_factory=list)
    granted: set[str] = field(default_factory=set)
    knows_application: bool = True

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
