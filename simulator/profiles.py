"""The kinds of PBX that can be simulated, and the load that each is stated to carry.

Ports, users and busy-hour calls are Mitel's figures. What Mitel does not publish (editions of MiVoice 5000 and MX-ONE,
how many requests are taken at once) is as on the MiVoice Office 400, and a setting.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.settings import GroupSettings, SimulatorSettings

FIRST_EXTENSION = 20_000
"""Where generated extensions begin: five digits each, so that there is room for every PBX's users."""

_FIRST_GROUP = 80_000
_FOR_EACH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """``trunks`` carry the external calls of ``bhcc`` busy-hour calls with room to spare."""

    title: str
    port: int
    users: int
    bhcc: float
    trunks: int
    tls_port: int | None = None
    require_session: bool = False
    outstanding_limit: int = 0
    smdr_layout: int = 0


PROFILES = {
    "office400": Profile(
        title="MiVoice Office 400", port=7001, users=800, bhcc=4_200, trunks=240, outstanding_limit=20
    ),
    "mivoice5000": Profile(title="MiVoice 5000", port=3211, users=5_000, bhcc=16_000, trunks=960),
    "mxone": Profile(
        title="MiVoice MX-ONE", port=8882, tls_port=8883, users=5_000, bhcc=15_000, trunks=900, require_session=True
    ),
    "business": Profile(title="MiVoice Business", port=1752, users=2_500, bhcc=12_000, trunks=720, smdr_layout=120),
}


def numbered(users: int, first: int = FIRST_EXTENSION) -> tuple[str, ...]:
    """So many extensions, one after the other."""
    return tuple(str(number) for number in range(first, first + users))


def grouped(extensions: Sequence[str]) -> tuple[GroupSettings, ...]:
    """A ring group, a hunt group and a queue of three for each fifty extensions."""
    groups: list[GroupSettings] = []
    for begin in range(0, len(extensions), _FOR_EACH):
        for at, kind in zip(range(begin, begin + 9, 3), ("ring", "hunt", "queue"), strict=True):
            members = tuple(extensions[at : at + 3])
            groups += [GroupSettings(kind, str(_FIRST_GROUP + len(groups)), members)] if members else []
    return tuple(groups)


def settings_of(profile: str, **chosen: object) -> SimulatorSettings:
    """The settings of that kind of PBX with a few subscribers and no traffic, except for what is ``chosen``.

    Raises ``ValueError`` for a profile that is not known or a setting that makes no sense.
    """
    kind = _known(profile)
    values: dict[str, object] = {
        "port": kind.port,
        "trunks": kind.trunks,
        "require_session": kind.require_session,
        "outstanding_limit": kind.outstanding_limit,
        "smdr_layout": kind.smdr_layout,
        **chosen,
    }
    if kind.tls_port is not None and values.get("tls_certificate"):
        values.setdefault("tls_port", kind.tls_port)
    return SimulatorSettings(**values)  # type: ignore[arg-type]


def at_full_load(profile: str, times: float = 1.0, **chosen: object) -> SimulatorSettings:
    """As many users and busy-hour calls as the PBX is stated to carry, the calls ``times`` over.

    People are ``times`` quicker then: nobody can speak in twenty calls at once.
    """
    kind = _known(profile)
    load: dict[str, object] = {"bhcc": kind.bhcc * times, "pace": max(1.0, times), **chosen}
    extensions = load.setdefault("extensions", numbered(kind.users))
    load.setdefault("groups", grouped(extensions))  # type: ignore[arg-type]
    return settings_of(profile, **load)


def _known(profile: str) -> Profile:
    if profile not in PROFILES:
        raise ValueError(f"profile cannot be {profile!r}; it is one of {', '.join(PROFILES)}")
    return PROFILES[profile]
