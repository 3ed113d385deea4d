"""The simulated PBX as one object: what the command line runs, and what a test holds in its hand."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from simulator.csta.faults import Faults
from simulator.csta.office import Office
from simulator.csta.server import CstaServer
from simulator.csta.trouble import Trouble
from simulator.ledger import Ledger, LedgerFile, Part
from simulator.settings import GroupSettings, SimulatorSettings
from simulator.smdr.log import CallLog, Record
from simulator.smdr.parts import parts
from simulator.smdr.server import SmdrServer
from simulator.states import States, Telephone
from simulator.switch import Call, Group, GroupKind, Party, Switch
from simulator.timeline import Timeline
from simulator.traffic import people, script
from simulator.traffic.live_call import LiveCall
from simulator.traffic.playing import play
from simulator.traffic.random_calls import called_party, random_calls


class Simulator:
    """A PBX listening from ``async with`` to its end.

    Raises ``ScriptError`` when the settings name a script that cannot be read.

    It runs in real time, or in the time of a ``timeline`` that the caller advances. What a test does with it reaches
    the clients' sockets before the call returns::

        async with Simulator(SimulatorSettings(port=0)) as pbx:
            await pbx.monitored("201")
            call = pbx.ring("+33199001234", "201", "Supplier")
            call.answer()
            call.far_end_hangs_up()
    """

    def __init__(self, settings: SimulatorSettings, timeline: Timeline | None = None) -> None:
        self.settings = settings
        self.timeline = timeline or Timeline()
        self.switch = Switch(
            (Party(number, people.desk(n)) for n, number in enumerate(settings.extensions)),
            trunks=settings.trunks,
            call_ids=settings.call_id_pool,
            first_call_id=settings.first_call_id,
            groups=(_group(group) for group in settings.groups),
        )
        self.switch.offers = settings.offers
        self._office = Office(settings, self.switch, self.timeline, self._place_call)
        self._server = CstaServer(self._office)
        self.trouble = Trouble(self._office, self._server.links)
        self._files = ExitStack()
        self._notes: list[Callable[[Part], object]] = []
        self.ledger = Ledger(self.switch.extensions, self.timeline.now, self._note)
        self._smdr = SmdrServer(settings) if settings.smdr_layout else None
        hear = CallLog(self.timeline.now, self._write_line).hear if self._smdr else self.ledger.hear
        self.switch.listeners.insert(0, hear)
        self._runs_itself = timeline is None
        self._clock: asyncio.Task[None] | None = None
        self._script = self._lines(script.load(settings.script)) if settings.script else []
        self._break_off_traffic: Callable[[], None] = lambda: None
        self._random = Random(settings.seed)  # noqa: S311 - traffic that can be repeated, nothing secret

    async def __aenter__(self) -> Self:
        if self.settings.ledger:
            self.keep_ledger(self._files.enter_context(LedgerFile(Path(self.settings.ledger))).note)
        if self.settings.states:
            self.keep_states(self._files.enter_context(LedgerFile(Path(self.settings.states))).note)
        try:
            await (self._smdr or self._server).start()
        except BaseException:
            await self._stop()
            raise
        if self._runs_itself:
            self._clock = asyncio.create_task(self.timeline.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()
        if self._clock is not None:
            self._clock.cancel()
            with suppress(asyncio.CancelledError):
                await self._clock

    async def _stop(self) -> None:
        # What calls are still up is cleared when they are forgotten; nobody has heard that.
        self.switch.listeners.clear()
        await (self._smdr or self._server).stop()
        self._files.close()

    @property
    def port(self) -> int:
        return (self._smdr or self._server).port

    @property
    def tls_port(self) -> int:
        """0 when there is no certificate."""
        return self._server.tls_port

    @property
    def faults(self) -> Faults:
        return self._office.faults

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._smdr.clients if self._smdr else self._server.links)

    async def monitored(self, *extensions: str) -> None:
        """Return when each of these extensions is monitored by somebody; what happens before is heard by nobody."""
        monitors = self._office.monitors
        for extension in extensions:
            while not monitors.watches(extension):
                monitors.started.clear()
                await monitors.started.wait()

    def keep_ledger(self, note: Callable[[Part], object]) -> Ledger:
        """From now on, ``note`` is given each part that an extension has had in a call, just before its last event."""
        self._notes.append(note)
        return self.ledger

    def keep_states(self, note: Callable[[Telephone], object]) -> None:
        """From now on, ``note`` is given each extension that does otherwise than before, just before the event."""
        self.switch.listeners.insert(0, States(self.switch, note).hear)

    def status(self) -> dict[str, int]:
        """What is going on, and what has been: ``parts`` are those of the ledger that have ended."""
        return {
            "clients": self.clients,
            "monitors": self._office.monitors.licensed,
            "calls": len(self.switch.calls),
            "events": self._smdr.written if self._smdr else self._office.events_sent,
            "parts": self.ledger.noted,
            "parts_open": self.ledger.open,
        }

    def end_faults(self) -> None:
        """All faults that last are over."""
        self.faults.end()
        self.trouble.let_go()
        self.repeat_lines(on=False)

    def repeat_lines(self, *, on: bool = True) -> None:
        """Whether a client that connects gets SMDR lines that were read before, too."""
        if self._smdr is not None:
            self._smdr.repeating = on

    # -- calls

    def ring(self, caller: str, extension: str, name: str = "", *, hidden: bool = False) -> LiveCall:
        """An outsider calls an extension. Raises ``Refused`` when every trunk is busy."""
        return LiveCall.incoming(self.switch, caller, extension, name, hidden=hidden)

    def dial(self, extension: str, number: str) -> LiveCall:
        """An extension calls somebody."""
        return LiveCall.outgoing(self.switch, extension, number)

    def play(self, text: str) -> None:
        """Begin a script at once. Raises ``ScriptError``."""
        self.timeline.play(play(self.switch, self._lines(text)))

    async def begin_traffic(self) -> None:
        """The script of the settings, as soon as ``$me`` is monitored (by SMDR: at once), then random traffic."""
        if self._script and self._smdr is None:
            await self.monitored(self.settings.me)
        self.timeline.play(play(self.switch, self._script), then=self.start_traffic)

    def start_traffic(self, bhcc: float | None = None, pace: float | None = None) -> None:
        """Random traffic from now on, at the rate of the settings or another; what was going on ends by itself."""
        self.stop_traffic()
        rate = self.settings.bhcc if bhcc is None else bhcc
        if rate:
            calls = random_calls(self.switch, self.timeline, rate, self._random, pace or self.settings.pace)
            self._break_off_traffic = self.timeline.play(calls)

    def stop_traffic(self) -> None:
        """No more random calls; those in being go on to their end."""
        self._break_off_traffic()

    # -- faults that happen once; ``trouble`` has all of them

    def send_octets(self, octets: bytes) -> None:
        """Send bytes to every client as they are: garbage, half a frame, two frames at once."""
        self.trouble.send_octets(octets)

    def tell_status(self, value: str) -> None:
        """Send SystemStatus (``messagesLost``, ``initializing``, ``enabled`` ...) to every client."""
        self._server.tell_status(value)

    def close_links(self) -> None:
        """Close every client's connection; the port goes on listening."""
        self.trouble.close_links()
        if self._smdr is not None:
            self._smdr.close_links()

    def _write_line(self, record: Record) -> None:
        for part in parts(record, self.switch.extensions):
            self.ledger.noted += 1
            self._note(part)
        if self._smdr is not None:
            self._smdr.write(record)

    def _note(self, part: Part) -> None:
        for note in self._notes:
            note(part)

    def _place_call(self, call: Call, digits: str, prompted: bool) -> None:
        self.timeline.play(called_party(self.switch, call, digits, prompted=prompted))

    def _lines(self, text: str) -> list[script.Line]:
        me = self.settings.me
        colleague = next((number for number in self.settings.extensions if number != me), me)
        return script.parse(text, {"me": me, "colleague": colleague})


def _group(group: GroupSettings) -> Group:
    return Group(Party(group.number, f"Group {group.number}"), GroupKind(group.kind), group.members)
