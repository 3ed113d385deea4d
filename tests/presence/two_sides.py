"""Teams on one side, a telephone on the other, a mirror between them: whatever happens in whatever order.

Each side is as the facts have it: in Teams the person's choice above all sessions, and ours among these by the real
policy; a telephone with a key, whose PBX tells of its changes in order, late, and only of the last where its gateway
had to wait. We may be killed at any time, and know then what was kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudlink.model import Endpoint
from presence.mirror import ECHO_AFTER_START_S, ECHO_WITHIN_S, NOTHING, Ended, Memory, Mirror, chosen
from presence.policy import UNCHANGED, Shown, Wanted, wanted

CLIENTS = {
    "none": ("Offline", "Offline"),
    "available": ("Available", "Available"),
    "busy": ("Busy", "InAMeeting"),
    "presenting": ("DoNotDisturb", "Presenting"),
    "unknown": ("PresenceUnknown", "PresenceUnknown"),
}
_ORDER = ("DoNotDisturb", "Busy", "Available", "Away", "PresenceUnknown", "Offline")


@dataclass
class Order:
    """A command under way: what it does to the telephone, if it gets there, and how it ends for us."""

    on: bool
    arrives: bool
    ends: Ended


@dataclass
class TwoSides:
    """``tells`` is whether the PBX tells of changes that we have ordered; ``from_teams``, ``ringing`` as options."""

    tells: bool = True
    from_teams: bool = True
    ringing: bool = False
    now: float = 0.0
    choice: bool = False
    client: str = "available"
    session: Shown | None = None
    on: bool = False
    state: str = "idle"
    row: bool = False
    news: list[tuple[bool, bool]] = field(default_factory=list)
    """Each with whether we have ordered it."""
    kept: Memory = NOTHING
    order: Order | None = None
    commands: int = 0
    writes: int = 0
    people: int = 0
    # What the promises are about.
    silenced_by_us: bool = False
    must_follow: bool = False
    own_act: bool | None = None
    unheard_act: bool | None = None
    edge_since: bool = False
    blind_until: float = 0.0
    read: bool = False
    given_up: bool = False
    crossed: bool = False
    killed: bool = False

    def __post_init__(self) -> None:
        self.mirror = Mirror()

    # -- people

    def choose(self, choice: bool) -> None:
        self.people += self.choice is not choice
        self.choice = choice

    def press(self, on: bool) -> None:
        """The key of the telephone."""
        self.people += 1
        self.must_follow = False
        if on is self.on:
            return
        doubtful = self.killed and self.mirror.memory == Memory(by_teams=True, teams_dnd=False)
        apart = self.order is None and not self.news and self.now >= self.blind_until and not doubtful
        self.crossed = self.order is not None
        self.own_act, self.unheard_act, self.edge_since = None, on if apart else None, False
        self.on, self.silenced_by_us = on, False
        self.news.append((on, False))

    def be(self, client: str) -> None:
        self.people += self.client != client
        self.client = client

    def call(self, state: str) -> None:
        self.people += self.state != state
        self.state = state
        self.show()

    def opt(self, from_teams: bool) -> None:
        self.people += self.from_teams is not from_teams
        self.from_teams = from_teams

    # -- what passes between

    def shown(self) -> tuple[str, str]:
        sessions = [CLIENTS[self.client]] if self.client != "none" else []
        if self.session is not None:
            sessions.append((self.session.availability, self.session.activity))
        if self.choice and sessions:
            return ("DoNotDisturb", "DoNotDisturb")
        return min([*sessions, CLIENTS["none"]], key=lambda pair: _ORDER.index(pair[0]))

    @property
    def tells_choice(self) -> bool:
        """Whether Teams tells now what the person has chosen, or nobody asks."""
        return not self.from_teams or chosen(*self.shown()) is not None

    def poll(self) -> None:
        choice = chosen(*self.shown()) if self.from_teams else False
        assert self.choice or not choice, "what an application or a meeting shows is no choice"
        if choice is not None and choice is not self.read:
            self.read = choice
            self.edge_since = True
            free = not self.on or self.silenced_by_us
            self.must_follow, self.given_up = choice and free and all(ours for _, ours in self.news), False
        self.mirror.read(choice, self.now)
        self.show()

    def hear(self, number: int = 1) -> None:
        """The PBX's news arrive; of several at once the last alone."""
        if self.news:
            if number > 1 and len(self.news) > 1:
                self.unheard_act = None
            self.row = self.news[:number][-1][0]
            del self.news[:number]
            if not self.news and self.unheard_act is not None:
                self.own_act, self.unheard_act = self.unheard_act, None
        self.mirror.hear(self.row, self.now)
        self.show()

    def show(self) -> None:
        device = Endpoint("e", "a", "p", "201", state=self.state, dnd=self.row and not self.mirror.hidden)
        want: Wanted = wanted([device], ringing=self.ringing)
        if want is not UNCHANGED and want is not self.session:
            self.session = want
            self.writes += 1

    def begin(self, ends: Ended = Ended.DONE, arrives: bool = True) -> None:
        """The command that is due."""
        due = self.mirror.due()
        if due is None or due > self.now or self.order is not None:
            return
        self.kept = self.mirror.memory
        self.unheard_act, self.crossed = None, not all(ours for _, ours in self.news)
        self.order = Order(self.mirror.begin(), arrives, ends)
        self.commands += 1

    def arrive(self) -> None:
        """It reaches the telephone."""
        order = self.order
        if order is None or not order.arrives:
            return
        order.arrives = False
        if order.on is self.on:
            return
        self._promise_is_kept(order.on)
        # Crossed by an act that nobody has heard of yet it cannot be told apart from that.
        self.on, self.silenced_by_us = order.on, order.on and not self.crossed and all(ours for _, ours in self.news)
        if self.tells:
            self.news.append((order.on, True))
        else:
            self.blind_until = max(self.blind_until, self.now + ECHO_WITHIN_S)

    def _promise_is_kept(self, on: bool) -> None:
        if self.own_act is not None and self.own_act is not on:
            assert on, "what a person had switched on at the telephone was switched off"
            assert self.edge_since, "what a person had switched off at the telephone was switched on"

    def end(self) -> None:
        if self.order is None:
            return
        self.arrive()
        order, self.order = self.order, None
        if order.ends is Ended.UNSURE:
            self.blind_until = max(self.blind_until, self.now + ECHO_WITHIN_S)
        self.given_up |= self.mirror.end(order.ends, self.now)
        self.kept = self.mirror.memory
        self.show()

    def crash(self) -> None:
        """We are killed, and start again; a command under way may get there or not."""
        if self.order is not None:
            self.arrive()
            self.order = None
            self.blind_until = max(self.blind_until, self.now + ECHO_WITHIN_S)
        self.blind_until = max(self.blind_until, self.now + ECHO_AFTER_START_S)
        self.unheard_act, self.killed = None, True
        self.mirror = Mirror(self.kept, on=self.row, now=self.now)
        self.show()

    def keep(self) -> None:
        self.kept = self.mirror.memory

    def wait(self, seconds: float) -> None:
        self.now += seconds
        # What the PBX tells so late is taken for a person's act.
        self.silenced_by_us &= not (self.news and seconds > ECHO_WITHIN_S)

    # -- rest

    def minute(self) -> tuple[object, ...]:
        """A minute without people."""
        self.poll()
        self.begin()
        self.end()
        while self.news:
            self.hear()
        self.hear()
        self.keep()
        self.wait(60)
        return self.on, self.session, self.mirror.memory, self.commands
