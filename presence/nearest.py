"""Who of a tenant somebody may be whom no address finds: what an administrator recognises at once.

By the first rule that finds anybody, the one whose address is most like:

1. a guest who has the very address;
2. the same name before the @, in another domain;
3. the same words, in any order, in the name or before the @ (``mueller.eva@`` and *Eva Müller*);
4. one letter too many, too few or wrong before the @, or two changed places. A digit never is: that is somebody else.

Nobody is compared with everybody. What is looked for is a few keys of each user, and whoever has one of these is a hit,
so that the time grows with the people of the tenant and not with their number times that of the users.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

from store.directory import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from graph.users import User

    Lost = tuple[str, str, str]
    """Principal id, folded e-mail address, name."""
    Keys = Callable[[str, str], Iterator[str]]
    """The keys of an address and a name."""

_WORD = re.compile(r"[^\W_]+")
_UMLAUT = re.compile("([aou])e")
_DIGITS = re.compile("[0-9]+")
_SHORTEST_TYPED = 5
# By what more people have in common nobody is recognised.
_MOST_ALIKE = 8
# Users in whose addresses a slip is looked for; each has a dozen keys.
_MOST_SLIPS = 2000


def nearest(lost: Sequence[Lost], people: Iterable[User], known: Container[str]) -> dict[str, str]:
    """User principal names by principal id; whoever is like nobody is missing. ``known`` are object ids of no interest:
    those people are users already.
    """
    if not lost:
        return {}
    others = [person for person in people if person.object_id not in known]
    found = _find(lost, others, (_whole, _local, _words))
    left = [user for user in lost if user[0] not in found]
    return found | _find(left[:_MOST_SLIPS], others, (_slips,))


def _find(lost: Sequence[Lost], people: Sequence[User], rules: Sequence[Keys]) -> dict[str, str]:
    hits: dict[str, list[User]] = {key: [] for _, email, name in lost for rule in rules for key in rule(email, name)}
    for person in people if hits else ():
        for key in _keys_of(person, rules):
            bucket = hits.get(key)
            if bucket is not None and len(bucket) <= _MOST_ALIKE:
                bucket.append(person)
    found = {}
    for principal_id, email, name in lost:
        for rule in rules:
            if like := {person for key in rule(email, name) for person in _few(hits[key])}:
                found[principal_id] = _most_like(email, like).user_principal_name
                break
    return found


def _keys_of(person: User, rules: Sequence[Keys]) -> set[str]:
    addresses = {fold(person.user_principal_name), fold(person.mail)} - {""}
    return {key for address in addresses for rule in rules for key in rule(address, person.name)}


def _few(people: Sequence[User]) -> Sequence[User]:
    return people if len(people) <= _MOST_ALIKE else ()


def _most_like(email: str, like: set[User]) -> User:
    # To compare one takes as long as to find fifty.
    return like.pop() if len(like) == 1 else max(like, key=lambda person: _likeness(email, person))


def _likeness(email: str, person: User) -> tuple[float, str]:
    """The name only makes it the same at every matching."""
    addresses = (fold(person.user_principal_name), fold(person.mail))
    return max(SequenceMatcher(None, email, each).ratio() for each in addresses), person.user_principal_name


def _whole(address: str, _name: str) -> Iterator[str]:
    yield f"={address}"


def _local(address: str, _name: str) -> Iterator[str]:
    yield f"@{address.partition('@')[0]}"


def _words(address: str, name: str) -> Iterator[str]:
    """One word alone, such as a first name, says too little."""
    for text in (address.partition("@")[0], name):
        words = sorted(_WORD.findall(_plain(text)))
        if len(words) > 1:
            yield " ".join(words)


def _slips(address: str, _name: str) -> Iterator[str]:
    """The name before the @ without one of its letters, which is what two that differ by one slip have in common."""
    local = address.partition("@")[0]
    digits = "".join(_DIGITS.findall(local))
    if len(local) < _SHORTEST_TYPED:
        return
    yield f"~{digits}~{local}"
    for place, sign in enumerate(local):
        if not sign.isdigit():
            yield f"~{digits}~{local[:place]}{local[place + 1 :]}"


def _plain(text: str) -> str:
    """Folded, without accents, and a German umlaut as its vowel however it is written."""
    folded = fold(text)
    if not folded.isascii():
        folded = "".join(sign for sign in normalize("NFKD", folded) if not combining(sign))
    return _UMLAUT.sub(r"\1", folded)
