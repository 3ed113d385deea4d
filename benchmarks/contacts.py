"""Finding people as they are typed: ``python -m benchmarks.contacts [--postgresql]``.

An account has 20,000 people: half of them users, half contacts of its Microsoft tenant, a quarter of these users too.
Each question is a text that somebody types, from one letter to a whole name or number, and is answered by the port as
the message extension and the Contacts tab ask it. A letter is the worst of them: it finds thousands, of whom the first
in the order of names are shown.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cloudlink.administration.accounts import NewAccount
from cloudlink.model import NumberKind, PersonNumber
from cloudlink.service.administration import people as administration
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.provision import OPERATOR, Provisioning, known_as
from store.clock import utc_now
from store.database import open_database
from store.outbox import Outbox
from store.people.index import Contact, keep_contact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from sqlalchemy import Connection

    from cloudlink.model import Principal
    from cloudlink.port import CloudLink
    from store.database import Database

PEOPLE = 20_000
QUESTIONS = 1_000
BOUND_MS = 50
"""At p99."""
_SHOWN = {"message extension": 10, "Contacts tab": 50}
_CHUNK = 500
_PARTS = (
    "an",
    "ber",
    "cla",
    "do",
    "el",
    "fri",
    "ga",
    "hen",
    "is",
    "jo",
    "ka",
    "le",
    "ma",
    "no",
    "ol",
    "pe",
    "ro",
    "sü",
)


async def measure(url: str) -> bool:
    """Prints the times; whether the bound is kept."""
    database = await open_database(url)
    try:
        who, names = await filled(database)
        return await _compare(EmbeddedCloudLink(database), who, names)
    finally:
        await database.close()


async def filled(database: Database) -> tuple[Principal, Sequence[str]]:
    """An account with so many people: one of them, and all the names."""
    provisioning = Provisioning(database, Outbox(database))
    account_id = (await provisioning.create_account(NewAccount("Bench"))).account_id
    names = _names()
    users, others = names[: PEOPLE // 2], names[PEOPLE // 2 :]
    began = time.perf_counter()
    for first in range(0, len(users), _CHUNK):
        await database.write(_adding_users(account_id, users, first))
    for first in range(0, len(others), _CHUNK):
        await database.write(_adding_contacts(account_id, others, first))
    print(f"{PEOPLE:,} people stored in {time.perf_counter() - began:.0f} s", flush=True)
    who = await provisioning.create_user(account_id, known_as("Reader", "reader@example.com", "9"))
    return who.principal, names


def _names() -> Sequence[str]:
    choice = random.Random(7)  # noqa: S311 - the same names each time

    def word() -> str:
        return "".join(choice.choice(_PARTS) for _ in range(choice.randint(2, 4))).title()

    return [f"{word()} {word()}" for _ in range(PEOPLE)]


def _adding_users(account_id: str, names: Sequence[str], first: int) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        chunk = enumerate(names[first : first + _CHUNK], first)
        news = [
            replace(known_as(name, f"user-{place}@example.com", str(10_000 + place)), mobile=f"+336{place:08}")
            for place, name in chunk
        ]
        administration.add_many(connection, OPERATOR, account_id, news, utc_now())

    return work


def _adding_contacts(account_id: str, names: Sequence[str], first: int) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        for place, name in enumerate(names[first : first + _CHUNK], first):
            # Every fourth one has a user's address.
            email = f"user-{place}@example.com" if place % 4 == 0 else f"contact-{place}@example.com"
            numbers = (PersonNumber(f"+331{place:08}", NumberKind.WORK),)
            keep_contact(connection, account_id, Contact(f"contact-{place}", name, email, "", numbers), "bench")

    return work


async def _compare(cloudlink: CloudLink, who: Principal, names: Sequence[str]) -> bool:
    good = True
    for title, limit in _SHOWN.items():
        print(f"\n{title}, the first {limit} people")
        for kind, texts in _questions(names).items():
            p50, p99 = await _times(cloudlink, who, texts, limit)
            good &= p99 < BOUND_MS
            print(f"  {kind:<18} p50 {p50:5.1f} ms  p99 {p99:5.1f} ms  at most {BOUND_MS}", flush=True)
    return good


def _questions(names: Sequence[str]) -> dict[str, list[str]]:
    choice = random.Random(8)  # noqa: S311 - the same questions each time
    asked = [choice.choice(names) for _ in range(QUESTIONS)]
    return {
        "nothing typed": [""] * QUESTIONS,
        "one letter": [name[0] for name in asked],
        "two letters": [name[:2] for name in asked],
        "four letters": [name[:4] for name in asked],
        "two words": [" ".join(part[:2] for part in reversed(name.split())) for name in asked],
        "a whole name": asked,
        "a number": [f"06 00 0{choice.randrange(10_000):05}"[: choice.randint(4, 11)] for _ in asked],
        "nobody": [f"{name}x" for name in asked],
    }


async def _times(cloudlink: CloudLink, who: Principal, texts: Sequence[str], limit: int) -> tuple[float, float]:
    times = []
    for text in texts:
        began = time.perf_counter()
        await cloudlink.find_people(who, text, limit=limit)
        times.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(times, n=100)
    return cuts[49], cuts[98]


@asynccontextmanager
async def _postgresql() -> AsyncIterator[str]:
    from tests import postgres

    template = await postgres.make_template()
    name = await postgres.copy(template)
    yield postgres.url_of(name)
    await postgres.drop(name)
    await postgres.drop(template)


async def main(*, postgresql: bool) -> None:
    """Raises ``SystemExit`` when the bound is missed."""
    if postgresql:
        async with _postgresql() as url:
            good = await measure(url)
    else:
        with TemporaryDirectory(prefix="contacts-") as folder:
            good = await measure(f"sqlite:///{Path(folder) / 'store.db'}")
    if not good:
        raise SystemExit("the bound is missed")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true", help="on the server of the tests instead of SQLite")
    asyncio.run(main(postgresql=parser.parse_args().postgresql))
