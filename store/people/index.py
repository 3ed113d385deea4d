"""Keeps what people are found by, in the caller's transaction.

Whoever writes a user, or removes one, calls ``index_user`` afterwards; ``keep_contact`` writes a contact that was read
from Microsoft 365, and ``remove_contacts`` those that are no longer there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, literal, select, union_all, update

from store import upsert
from store.directory import fold
from store.people.words import sort_key, words_of
from store.schema import contacts, people_words, users

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Table

    from cloudlink.model import PersonNumber

    ContactRow = Row[Any]

_LONGEST_NAME = 200
_w, _c, _u = people_words.c, contacts.c, users.c
_KEYS = ("email_folded", "login_id_folded", "mobile", "extension")
# A user's column and the contact's that name the same person when they are equal, the surest first. No two users of an
# account share a value of these; a work number may be that of the whole company, so it proves nothing.
_SAME = (
    ("email_folded", "email_folded"),
    ("login_id_folded", "login_id_folded"),
    ("email_folded", "login_id_folded"),
    ("login_id_folded", "email_folded"),
    ("mobile", "mobile"),
    ("extension", "extension"),
)
_FINDABLE = _u.active.is_(True) & _u.extension.is_not(None)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody in the account's tenant. ``login`` is the user principal name, empty for whoever cannot sign in there.

    ``mobile`` and ``extension`` are those of ``numbers`` that nobody else has; empty when there are none.
    """

    contact_id: str
    name: str
    email: str
    login: str
    numbers: tuple[PersonNumber, ...]
    mobile: str = ""
    extension: str = ""
    tenant_id: str = ""


def _of(table: Table, **parameters: str) -> ColumnElement[bool]:
    """The account's rows whose columns have these parameters; their names do not clash with columns in an UPDATE."""
    found: ColumnElement[bool] = table.c.account_id == bindparam("of_account")
    for name, parameter in parameters.items():
        found &= table.c[name] == bindparam(parameter)
    return found


_USER = select(_u.name, _u.phone, *(_u[name] for name in _KEYS)).where(_of(users, principal_id="of_person"), _FINDABLE)
_OWNERS = union_all(
    *(
        select(literal(rank).label("rank"), _u.principal_id, _u.name).where(
            _of(users, **{of_user: f"key_{of_contact}"}), _FINDABLE
        )
        for rank, (of_user, of_contact) in enumerate(_SAME)
    )
)
_COLUMNS = ("contact_id", "person_id", "name", "email", "numbers", "tenant_id", *_KEYS)
_CONTACT_COLUMNS = tuple(_c[name] for name in _COLUMNS)
_OF_PERSON = select(*_CONTACT_COLUMNS).where(_of(contacts, person_id="of_person"))
_LIKE_USER = tuple(
    select(*_CONTACT_COLUMNS).where(_of(contacts, **{of_contact: f"key_{of_user}"})) for of_user, of_contact in _SAME
)
_ONE = select(*_CONTACT_COLUMNS).where(_of(contacts, contact_id="of_contact"))
_FORGET_WORDS = delete(people_words).where(_of(people_words, person_id="of_person", contact_id="of_contact"))
_ADD_WORDS = insert(people_words)
_IS_OF = update(contacts).where(_of(contacts, contact_id="of_contact")).values(person_id=bindparam("to_person"))
_SEEN = update(contacts).where(_of(contacts, contact_id="of_contact")).values(sync_id=bindparam("to_sync"))
_KEEP = upsert.insert(contacts)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=[_c.account_id, _c.contact_id],
    set_={name: _KEEP.excluded[name] for name in ("name", "email", "numbers", "tenant_id", "sync_id", *_KEYS)},
)
_REMOVE = delete(contacts).where(_of(contacts, contact_id="of_contact"))


def index_user(connection: Connection, account_id: str, principal_id: str) -> None:
    """After the user was made, changed or removed: only an active one with an extension is found."""
    of_user = {"of_account": account_id, "of_person": principal_id}
    user = connection.execute(_USER, of_user).first()
    known = {row.contact_id: row for row in connection.execute(_OF_PERSON, of_user)}
    connection.execute(_FORGET_WORDS, {**of_user, "of_contact": ""})
    if user is not None:
        numbers = filter(None, (user.extension, user.mobile, user.phone))
        _add_words(connection, of_user, "", sort_key(user.name), words_of(user.name, numbers))
        known |= {row.contact_id: row for row in _like(connection, account_id, user)}
    for contact in known.values():
        _index_contact(connection, account_id, contact)


def keep_contact(connection: Connection, account_id: str, contact: Contact, sync_id: str) -> None:
    """Writes a contact as it is now, seen by the reading ``sync_id``."""
    this = {"of_account": account_id, "of_contact": contact.contact_id}
    row = _row(contact)
    before = connection.execute(_ONE, this).first()
    if before is not None and all(getattr(before, name) == value for name, value in row.items()):
        connection.execute(_SEEN, {**this, "to_sync": sync_id})
        return
    made = {"account_id": account_id, "person_id": contact.contact_id, "sync_id": sync_id}
    connection.execute(_KEEP, {**row, **made})
    _index_contact(connection, account_id, connection.execute(_ONE, this).one())


def remove_contacts(connection: Connection, account_id: str, found: Iterable[tuple[str, str]]) -> None:
    """Removes contacts, each given by ``contact_id`` and ``person_id``; users who were also contacts remain."""
    for contact_id, person_id in found:
        this = {"of_account": account_id, "of_person": person_id, "of_contact": contact_id}
        connection.execute(_FORGET_WORDS, this)
        connection.execute(_REMOVE, this)


def _row(contact: Contact) -> dict[str, Any]:
    return {
        "contact_id": contact.contact_id,
        "name": contact.name[:_LONGEST_NAME],
        "email": contact.email,
        "numbers": [[one.kind, one.number] for one in contact.numbers],
        "email_folded": fold(contact.email) or None,
        "login_id_folded": fold(contact.login) or None,
        "mobile": contact.mobile or None,
        "extension": contact.extension or None,
        "tenant_id": contact.tenant_id,
    }


def _like(connection: Connection, account_id: str, user: ContactRow) -> list[ContactRow]:
    keys = {"of_account": account_id, **{f"key_{name}": getattr(user, name) for name in _KEYS}}
    return [row for statement in _LIKE_USER for row in connection.execute(statement, keys)]


def _index_contact(connection: Connection, account_id: str, contact: ContactRow) -> None:
    keys = {"of_account": account_id, **{f"key_{name}": getattr(contact, name) for name in _KEYS}}
    owner = min(connection.execute(_OWNERS, keys), key=lambda row: int(row.rank), default=None)
    before = {"of_account": account_id, "of_person": contact.person_id}
    after = {"of_account": account_id, "of_person": owner.principal_id if owner else contact.contact_id}
    connection.execute(_FORGET_WORDS, {**before, "of_contact": contact.contact_id})
    if after != before:
        connection.execute(_IS_OF, {**after, "of_contact": contact.contact_id, "to_person": after["of_person"]})
    words = words_of(contact.name, (number for _, number in contact.numbers))
    key = sort_key(owner.name if owner else contact.name)
    _add_words(connection, after, contact.contact_id, key, words[1:] if owner else words)


def _add_words(connection: Connection, person: dict[str, str], contact_id: str, key: str, words: Sequence[str]) -> None:
    made = {
        "account_id": person["of_account"],
        "person_id": person["of_person"],
        "contact_id": contact_id,
        "sort_key": key,
    }
    if words:
        connection.execute(_ADD_WORDS, [{**made, "word": word} for word in words])
