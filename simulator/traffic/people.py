"""Names and numbers: roles, and numbers that the numbering plans reserve for fiction."""

from random import Random

_DESKS = ("Front Desk", "Warehouse", "Accounts", "Support", "Workshop", "Sales", "Purchasing", "Gatehouse")
_CALLERS = (
    "Supplier",
    "Haulier",
    "Customs Office",
    "Print Shop",
    "Taxi Rank",
    "Réception de l'hôtel",
    "Travel Desk",
    "",
)


def desk(position: int) -> str:
    """The name of the n-th extension; names are numbered once the list is used up."""
    again, index = divmod(position, len(_DESKS))
    return f"{_DESKS[index]} {again + 1}" if again else _DESKS[index]


def outsider(random: Random) -> tuple[str, str]:
    """Number and name (often none, as in life) of somebody in the public network.

    The ranges: 01 99 00 in France (Arcep), 020 7946 0 in Great Britain (Ofcom), 555-01 in North America (NANPA).
    """
    number = random.choice(
        (
            f"+33199{random.randrange(10_000):06}",
            f"+44207946{random.randrange(1_000):04}",
            f"+1{random.choice((212, 312, 415))}55501{random.randrange(100):02}",
        )
    )
    return number, random.choice(_CALLERS)
