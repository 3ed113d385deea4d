"""Who a user is: which rule comes first, and that nobody is two users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graph.users import User
from presence.identifying import Found, Persons, Sought, identify
from presence.model import NotSynced

if TYPE_CHECKING:
    from collections.abc import Collection

ADA = User("1", "ada@example.com", "", "Ada")
MAIL = User("2", "u002@example.com", "Bob@Example.com", "Bob")
GUEST = User("3", "eve_other.example#EXT#@example.com", "eve@other.example", "Eve")


def found(*sought: Sought, people: Collection[User], held: Collection[str] = ()) -> list[Found]:
    """Of the users in their order, whichever order the people come in."""
    answers = []
    for order in (list(people), list(people)[::-1]):
        persons = Persons()
        for person in order:
            persons.add(person)
        by_id = identify(sought, persons, held)
        answers.append([by_id[user.principal_id] for user in sought])
    assert answers[0] == answers[1]
    return answers[0]


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("ada@example.com", Found("1")),
        ("bob@example.com", Found("2")),
        ("u002@example.com", Found("2")),
        ("", Found(reason=NotSynced.NO_EMAIL)),
        ("zoe@example.com", Found(reason=NotSynced.NOBODY)),
    ],
)
def test_a_user_is_who_has_their_address(email: str, expected: Found) -> None:
    assert found(Sought("p", email, "Desk"), people=[ADA, MAIL]) == [expected]


def test_case_is_no_matter() -> None:
    assert found(Sought("p", "ada@example.com", "Desk"), people=[User("1", "ADA@Example.COM", "", "")]) == [Found("1")]


def test_a_user_principal_name_is_before_a_mail() -> None:
    other = User("9", "other@example.com", "ada@example.com", "Other")
    assert found(Sought("p", "ada@example.com", "Desk"), people=[ADA, other]) == [Found("1")]


def test_a_mail_that_several_have_is_nobodys_and_who_has_the_name_too_comes_first() -> None:
    people = [
        User("1", "a@example.com", "desk@example.com", "A"),
        User("2", "b@example.com", "desk@example.com", "Desk"),
    ]
    assert found(Sought("p", "desk@example.com", "Desk"), people=people) == [
        Found(reason=NotSynced.SEVERAL, candidate="b@example.com")
    ]


def test_two_users_of_one_person_and_the_user_principal_name_wins() -> None:
    by_mail, by_name = Sought("p1", "bob@example.com", "Bob"), Sought("p2", "u002@example.com", "Bob")
    assert found(by_mail, by_name, people=[MAIL]) == [
        Found(reason=NotSynced.TAKEN, candidate="u002@example.com"),
        Found("2"),
    ]


def test_who_is_taken_by_a_user_that_is_not_looked_for_stays_theirs() -> None:
    assert found(Sought("p", "ada@example.com", "Ada"), people=[ADA], held=["1"]) == [
        Found(reason=NotSynced.TAKEN, candidate="ada@example.com")
    ]


def test_who_has_signed_in_is_before_every_address() -> None:
    linked, named = Sought("p1", "ada@example.com", "Ada", linked="2"), Sought("p2", "bob@example.com", "Bob")
    assert found(linked, named, people=[ADA, MAIL]) == [
        Found("2"),
        Found(reason=NotSynced.TAKEN, candidate="u002@example.com"),
    ]


def test_whoever_was_linked_and_is_gone_is_looked_for_by_address() -> None:
    assert found(Sought("p", "ada@example.com", "Ada", linked="gone"), people=[ADA]) == [Found("1")]


def test_a_name_that_is_given_to_somebody_else_takes_nobody_along() -> None:
    renamed, successor = User("1", "ada.new@example.com", "", "Ada"), User("4", "ada@example.com", "", "Successor")
    user = Sought("p1", "ada@example.com", "Ada", before=Found("1"))
    newcomer = Sought("p2", "ada.new@example.com", "Newcomer")
    assert found(user, newcomer, people=[renamed, successor]) == [
        Found("1"),
        Found(reason=NotSynced.TAKEN, candidate="ada.new@example.com"),
    ]
    assert found(user, people=[successor]) == [Found("4")]


def test_two_who_were_the_same_person_are_so_no_longer() -> None:
    one, other = (Sought(name, f"{name}@example.com", "", before=Found("1")) for name in ("bob", "ada"))
    (first, second) = found(one, other, people=[ADA])
    assert (first, second.object_id) == (Found("1"), None)


def test_guests_are_found_by_no_address_but_shown_and_by_their_sign_in() -> None:
    upn = GUEST.user_principal_name
    for email in (GUEST.mail, upn.casefold()):
        assert found(Sought("p", email, "Eve"), people=[GUEST]) == [Found(reason=NotSynced.NOBODY, candidate=upn)]
    assert found(Sought("p", GUEST.mail, "Eve", linked="3"), people=[GUEST]) == [Found("3")]


def test_half_an_emoji_and_a_nul_are_not_shown() -> None:
    odd = User("1", "ada\ud83d\0@new.example", "", "Ada")
    assert found(Sought("p", "ada\ud83d\0@old.example", "Ada"), people=[odd])[0].candidate == "ada@new.example"
