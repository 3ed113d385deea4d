"""Whom an administrator recognises, whom not, and how long that takes."""

from __future__ import annotations

import time

import pytest

from graph.users import User
from presence.nearest import nearest


def near(email: str, name: str, *people: tuple[str, str], known: str = "") -> str | None:
    """``people`` are user principal names and names."""
    users = [User(f"id {upn}", upn, "", called) for upn, called in people]
    return nearest([("p", email, name)], users, {f"id {known}"}).get("p")


EVA = ("eva.mueller@example.com", "Eva Müller")


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("eva.mueller@old.example", "Front Desk"),
        ("eva.mueller@exmaple.com", "Front Desk"),
        ("desk@example.com", "Müller Eva"),
        ("desk@example.com", "MUELLER, Eva"),
        ("desk@example.com", "Eva Muller"),
        ("mueller_eva@example.com", "Front Desk"),
        ("eva.mueler@example.com", "Front Desk"),
        ("eva.muelller@example.com", "Front Desk"),
        ("eva.muellor@example.com", "Front Desk"),
        ("eva.meuller@example.com", "Front Desk"),
        ("evamueller@example.com", "Front Desk"),
    ],
)
def test_what_is_recognised(email: str, name: str) -> None:
    assert near(email, name, ("desk2@example.com", "Somebody Else"), EVA) == EVA[0]


@pytest.mark.parametrize(
    ("email", "name", "person"),
    [
        ("otto@example.com", "Otto Meier", EVA),
        ("eva@example.com", "Eva", EVA),
        ("user17@example.com", "Desk", ("user18@example.com", "Somebody Else")),
        ("user1@example.com", "Desk", ("user11@example.com", "Somebody Else")),
        ("jim@example.com", "Desk", ("kim@example.com", "Somebody Else")),
        ("desk@example.com", "Eva", ("eva@example.com", "Eva")),
    ],
)
def test_what_is_somebody_else(email: str, name: str, person: tuple[str, str]) -> None:
    assert near(email, name, person) is None


def test_the_better_rule_comes_first_and_then_the_address_that_is_most_like() -> None:
    people = [
        ("eva.muellor@example.com", "Somebody Else"),
        ("x@example.com", "Eva Müller"),
        ("eva.mueller@example.org", "Eva Other"),
        ("eva.mueller@old.example.com", "Eva Other"),
    ]
    assert near("eva.mueller@older.example.com", "Eva Müller", *people) == people[3][0]
    assert near("eva.mueller@older.example.com", "Eva Müller", *people[:2]) == people[1][0]
    assert near("eva.mueller@older.example.com", "Eva Müller", *people[:1]) == people[0][0]


def test_a_mail_is_as_good_as_a_name_and_the_name_is_shown() -> None:
    person = User("1", "u0017@example.com", "eva.mueller@example.com", "")
    assert nearest([("p", "eva.mueller@old.example", "")], [person], set()) == {"p": "u0017@example.com"}


def test_who_is_a_user_already_is_nobody_else() -> None:
    assert near("eva.mueler@example.com", "Desk", EVA, known=EVA[0]) is None


def test_what_thousands_have_in_common_tells_nothing_and_takes_no_time() -> None:
    """Everybody of an account, against everybody of a tenant who all have one name."""
    users = [User(str(number), f"person{number}@example.com", "", "Example Person") for number in range(3000)]
    lost = [(str(number), f"persn{number}@old.example", "Example Person") for number in range(3000)]
    began = time.process_time()
    found = nearest(lost, users, set())
    # It takes a fifth of a second; to compare all with all takes a quarter of an hour.
    assert time.process_time() - began < 10
    assert found["1234"] == "person1234@example.com"
