"""What can be chosen about the simulated PBX."""

from dataclasses import dataclass

EDITIONS = {
    "ed2": "http://www.ecma.ch/standards/ecma-323/csta/ed2",
    **{f"ed{n}": f"http://www.ecma-international.org/standards/ecma-323/csta/ed{n}" for n in range(3, 7)},
}
"""Editions of ECMA-323 and the XML namespace of each; the second one changed the standard's host name."""

SMDR_LAYOUTS = (90, 101, 112, 120, 207)
"""Characters of a line: standard, with extended digit length, each with ANI/DNIS, and Extended Reporting Level 2."""


GROUP_KINDS = frozenset({"ring", "hunt", "queue"})
"""All members ring at once, or one after the other, or the caller waits until one is free."""


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """Several extensions behind one number."""

    kind: str
    number: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """Defaults are those of a MiVoice Office 400 with one subscriber.

    Raises ``ValueError`` naming the field when a value makes no sense.
    """

    host: str = "127.0.0.1"
    port: int = 7001
    """0 takes any free port."""
    extensions: tuple[str, ...] = ("201", "202", "203", "204")
    demo_extension: str = ""
    """Whom a script calls ``$me``; the first extension when empty."""
    groups: tuple[GroupSettings, ...] = ()
    trunks: int = 30
    """External calls at one time, as on one primary-rate line."""
    edition: str = "ed5"
    bhcc: float = 0.0
    """Busy-hour call completions of the random traffic: calls begun in an hour."""
    pace: float = 1.0
    """How many times quicker people are in random traffic: they let ring, talk and hold for so much shorter."""
    seed: int = 0
    script: str = ""
    """A script of this package by name (``demo``) or a file by path, played once, as soon as ``$me`` is monitored.

    Random traffic begins when it has ended.
    """
    offers: bool = False
    """Send an OfferedEvent before each DeliveredEvent at an extension, as switches do whose calls can be rejected."""
    event_details: bool = False
    """Send what the schema allows beside the call itself: services permitted, media, linkage of calls."""
    snapshot_entries: int = 0
    """Calls or parties in one answer to a snapshot; more follow in segments of as many. 0 sends all at once."""
    monitor_limit: int = 0
    """Monitors licensed for all clients together; 0 is no limit."""
    call_id_pool: int = 9999
    """So many call ids there are; each is used again when its call has ended, as a switch does."""
    first_call_id: int = 1
    """0 is an id as good as any, which a client must not take for none."""
    faults: tuple[str, ...] = ()
    """Faults that last, as ``commands`` names them, which are there from the start: ``one-edition``, ``slow 2``."""
    answer_seconds: float = 0.0
    """How long each request takes, beside others that are being carried out."""
    outstanding_limit: int = 0
    """Requests of one client that are carried out at a time; more are refused. 0 is no limit."""
    require_session: bool = False
    """Refuse every service outside an ECMA-354 session."""
    credentials: str = ""
    """What a session must bring as ``applicationSpecificInfo``; anything will do when empty."""
    tls_certificate: str = ""
    """PEM file with the certificate of the TLS port and those that signed it; none, no such port."""
    tls_key: str = ""
    """PEM file with its key; empty when that is in the same file."""
    tls_port: int = 0
    """Listens beside ``port``. 0 takes any free port."""
    control_port: int = -1
    """Takes commands (``control``) on this port of the loopback address; 0 takes any free port, -1 none."""
    ledger: str = ""
    """File that takes the truth of all calls, one JSON object a line."""
    states: str = ""
    """File that takes what each extension does, whenever that changes, one JSON object a line."""
    smdr_layout: int = 0
    """Speak SMDR in place of CSTA, in lines of so many characters (``SMDR_LAYOUTS``); 0 speaks CSTA."""
    smdr_buffer: int = 20_000
    """Lines kept while nobody listens; then the oldest are lost."""
    session_seconds: int = 600
    """Longest session granted; a client must renew it before."""
    heartbeat_seconds: float = 30.0
    """How often SystemStatus is sent; a client that has not answered by the next one is dropped. 0 sends none."""
    send_buffer_bytes: int = 8_000_000
    """What may wait for a client that reads slowly, before that client is dropped."""

    def __post_init__(self) -> None:
        for field, sound in {
            "port": 0 <= self.port <= 65535,
            "extensions": bool(self.extensions) and all(e.isdigit() for e in self.extensions),
            "demo_extension": self.demo_extension in ("", *self.extensions),
            "groups": all(self._is_sound(group) for group in self.groups),
            "edition": self.edition in EDITIONS,
            "bhcc": self.bhcc >= 0,
            "pace": self.pace > 0,
            "answer_seconds": self.answer_seconds >= 0,
            "control_port": -1 <= self.control_port <= 65535,
            "tls_port": 0 <= self.tls_port <= 65535,
            "call_id_pool": self.call_id_pool > 0,
            "first_call_id": self.first_call_id >= 0,
            "smdr_layout": self.smdr_layout in {0, *SMDR_LAYOUTS},
            "smdr_buffer": self.smdr_buffer > 0,
        }.items():
            if not sound:
                raise ValueError(f"{field} cannot be {getattr(self, field)!r}")
        if self.smdr_layout in {90, 112} and max(map(len, self.extensions)) > 4:
            raise ValueError(f"smdr_layout {self.smdr_layout} has room for four digits of an extension")

    def _is_sound(self, group: GroupSettings) -> bool:
        known = set(self.extensions)
        free = group.number.isdigit() and group.number not in known
        return group.kind in GROUP_KINDS and free and bool(group.members) and known.issuperset(group.members)

    @property
    def me(self) -> str:
        """The extension that scripts are about."""
        return self.demo_extension or self.extensions[0]
