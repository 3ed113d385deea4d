"""Facts on disk: in order, once, and still there after the process was killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloudlink.model import Call, Cause, Direction
from cloudlink.uplink import CallRecorded, LineChanged
from gateway.calls import memory
from gateway.calls.leg import Leg
from gateway.calls.states import State
from gateway.spool import Spool
from gateway.spool_file import SpoolUnusable
from tests.gateway.calls.stories import CALLER

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def recorded(name: str) -> CallRecorded:
    return CallRecorded("201", Call(name, Direction.INBOUND, AT))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "spool.db"


def call_ids(spool: Spool) -> list[str]:
    return [json.loads(fact)["call"]["callId"] for _, fact in spool.after(0)]


def kinds(spool: Spool) -> list[str]:
    """Of each fact: the call's id, or what a line shows."""
    facts = [json.loads(fact) for _, fact in spool.after(0)]
    return [fact["call"]["callId"] if "call" in fact else f"{fact['extension']} {fact['state']}" for fact in facts]


_opened: list[Spool] = []


def opened(path: Path, *, gateway_id: str = "gateway-1", limit: int = 1 << 20, memory: int = 1 << 20) -> Spool:
    """A spool that is closed after the test, unless the test has closed it."""
    spool = Spool(path, gateway_id=gateway_id, limit=limit, memory=memory)
    _opened.append(spool)
    return spool


@pytest.fixture(autouse=True)
def none_left_open() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def test_facts_are_numbered_from_one(path: Path) -> None:
    spool = opened(path)
    spool.append([recorded("a"), recorded("b")])
    spool.append([recorded("c")])
    assert [number for number, _ in spool.after(0)] == [1, 2, 3]
    assert [number for number, _ in spool.after(1, octets=1)] == [2]


def test_what_is_acknowledged_is_forgotten_and_its_number_never_given_again(path: Path) -> None:
    spool = opened(path)
    spool.append([recorded("a"), recorded("b")])
    spool.forget(2)
    spool.close()
    spool = opened(path)
    spool.append([recorded("c")])
    assert [number for number, _ in spool.after(0)] == [3]
    assert len(spool) == 1


def test_a_new_file_is_a_new_spool_and_an_old_one_the_same(path: Path, tmp_path: Path) -> None:
    first = opened(path)
    first.close()
    assert opened(path).spool_id == first.spool_id
    assert opened(tmp_path / "other.db").spool_id != first.spool_id


def test_facts_survive_a_process_that_is_killed(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.gateway.test_spool import *\n"
        "spool = Spool(Path(sys.argv[1]), gateway_id='gateway-1'); spool.append([recorded('a'), recorded('b')])\n"
        "spool.forget(1)\n"
        "print('written', flush=True); sys.stdin.read()"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert killed.stdout is not None
    assert killed.stdin is not None
    assert killed.stdout.readline() == b"written\n"
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    spool = opened(path)
    assert call_ids(spool) == ["b"]
    assert spool.last == 2


def test_a_renewed_spool_keeps_its_facts(path: Path) -> None:
    spool = opened(path)
    spool.append([recorded("a"), recorded("b"), recorded("c")])
    spool.forget(1)
    before = spool.spool_id
    assert not spool.meets(0)
    spool.renew()
    assert spool.spool_id != before
    assert spool.meets(0)
    assert (call_ids(spool), [number for number, _ in spool.after(0)]) == (["b", "c"], [2, 3])
    spool.close()
    spool = opened(path)
    assert (spool.spool_id == before, call_ids(spool)) == (False, ["b", "c"])


def test_a_number_that_was_sent_before_its_file_was_put_back_is_noticed(path: Path) -> None:
    spool = opened(path)
    spool.append([recorded("a")])
    spool.close()
    copy = path.read_bytes()
    spool = opened(path)
    spool.append([recorded("b")])
    spool.after(0)
    assert spool.meets(2)
    spool.close()
    path.write_bytes(copy)
    spool = opened(path)
    # Whatever is told before CloudLink is there again: its number 2 is not the one that CloudLink has.
    spool.append([recorded("c"), recorded("d")])
    assert not spool.meets(2)
    assert spool.meets(0)
    spool.close()
    # Also at a second start before CloudLink was there.
    spool = opened(path)
    assert not spool.meets(2)
    assert spool.meets(0)
    spool.after(0)
    spool.close()
    assert opened(path).meets(3)


# -- line states


def changed(extension: str, state: str | None = "idle", *, dnd: bool | None = None) -> LineChanged:
    return LineChanged(extension, AT, state=state, dnd=dnd)


def test_a_state_that_a_newer_one_overtakes_is_not_kept(path: Path) -> None:
    spool = opened(path)
    spool.append([changed("201", "ringing"), recorded("a"), changed("202"), changed("201", "connected")])
    assert kinds(spool) == ["a", "202 idle", "201 connected"]


def test_overtaken_states_are_removed_and_numbers_are_left_out(path: Path) -> None:
    spool = opened(path)
    for fact in (changed("201", "ringing", dnd=True), recorded("a"), changed("201"), changed("202"), changed("201")):
        spool.append([fact])
    spool.coalesce()
    # The first alone tells that 201 does not want to be disturbed.
    assert [number for number, _ in spool.after(0)] == [1, 2, 4, 5]
    assert kinds(spool) == ["201 ringing", "a", "202 idle", "201 idle"]
    assert len(spool) == 4


# -- room


def test_a_full_spool_gives_up_overtaken_states_and_keeps_records_in_memory(path: Path) -> None:
    spool = opened(path, limit=4000)
    for _ in range(25):
        spool.append([changed("201")])
    # Some of the states have made room for each other.
    assert spool.append([recorded("a")]) == (0, 0)
    names = [f"record {number}" for number in range(20)]
    lost, waiting = spool.append([recorded(name) for name in names])
    assert (lost, waiting > 0, spool.fault) == (0, True, "the spool has its 4000 octets")
    assert kinds(spool) == ["201 idle", "a", *names]
    # They are sent all the same, and what is acknowledged makes room for the others.
    spool.forget(36)
    assert spool.append([]) == (0, 0)
    assert spool.fault is None
    held = call_ids(spool)
    spool.close()
    assert call_ids(opened(path)) == held


def test_records_that_fit_nowhere_are_counted_and_told(path: Path) -> None:
    spool = opened(path, limit=1000, memory=3000)
    lost = sum(spool.append([recorded(f"record {number}")]).lost for number in range(40))
    kept = len(spool)
    assert 0 < kept < 40
    assert lost == 40 - kept
    # A state has room: there is one of each extension at most.
    assert spool.append([changed("201", "ringing")]).lost == 0
    assert spool.append([changed("201")]).lost == 0
    spool.forget(spool.last - 1)
    spool.append([recorded("after")])
    assert [json.loads(fact)["kind"] for _, fact in spool.after(0)] == ["lineChanged", "callsLost", "callRecorded"]
    assert json.loads(spool.after(0)[1][1])["number"] == lost


def test_a_call_in_being_ends_on_disk_no_sooner_than_its_record_is_there(path: Path) -> None:
    spool = opened(path, limit=1000)
    spool.append([], {"201": [memory.dump(leg("a"))]}, AT)
    spool.append([recorded(f"record {number}") for number in range(5)])
    assert spool.append([recorded("a")], {"201": []}, AT).waiting > 0
    spool.close()
    assert opened(path).legs() == [leg("a")]


WRITE_UNTIL_FULL = """
import resource, signal, sys
from pathlib import Path
from tests.gateway.test_spool import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
spool = Spool(Path(sys.argv[1]), gateway_id='gateway-1')
spool.append([recorded('first')], {'201': [memory.dump(leg('first'))]}, AT)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
waiting = 0
while not waiting:
    lost, waiting = spool.append([recorded(f'record {spool.last}' + 'x' * 40)], {'201': [memory.dump(leg('now'))]})
spool.forget(1)
spool.remember_extensions(('201', '202'))
full = spool.last
print(spool.fault is not None, len(spool.after(0, octets=1 << 30)) == full - 1, full > 5, lost)
more = [spool.append([recorded(f'more {number}')]).waiting for number in range(5)]
print(more == [*range(waiting + 1, waiting + 6)])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(spool.append([]), spool.fault)
spool.forget(1)
print(len(spool) == spool.last - 1, spool.extensions())
"""


@pytest.mark.parametrize("octets", [150_000, 300_000])
def test_a_disk_that_is_full_loses_nothing_and_is_used_again(path: Path, octets: int) -> None:
    """The largest file that the system allows the process stands for the disk; SQLite sees a write that fails."""
    done = subprocess.run(
        [sys.executable, "-c", WRITE_UNTIL_FULL, str(path), str(octets)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "True True True 0",
        "True",
        "Kept(lost=0, waiting=0) None",
        "True ('201', '202')",
    ], done.stderr
    spool = opened(path)
    assert call_ids(spool)[-1] == "more 4"
    assert spool.legs() == [leg("now")]


def test_extensions_are_remembered(path: Path) -> None:
    spool = opened(path)
    assert spool.extensions() == ()
    spool.remember_extensions(("201", "202"))
    spool.close()
    assert opened(path).extensions() == ("201", "202")


# -- calls in being


def leg(name: str, extension: str = "201") -> Leg:
    return Leg(name, extension, AT, "5", State.CONNECTED, Direction.INBOUND, AT, calls=["4", "5"], calling=CALLER)


def test_calls_in_being_are_kept_whole(path: Path) -> None:
    kept = replace(leg("a"), answered_at=AT, ring_time=4.5, cause=Cause.BUSY, csta_cause="busy", dialled=True)
    spool = opened(path)
    spool.append([], {"201": [memory.dump(kept)], "202": [memory.dump(leg("b", "202"))]}, AT)
    spool.close()
    spool = opened(path)
    assert (spool.legs(), spool.heard()) == ([kept, leg("b", "202")], AT)
    spool.append([recorded("a")], {"201": []}, AT)
    assert spool.legs() == [leg("b", "202")]


def test_a_call_kept_by_another_version_is_left_out_and_logged(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = opened(path)
    spool.append([], {"201": [memory.dump(leg("a")), '{"half": "a leg']})
    spool.close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO legs VALUES (?, '202', 'in a form that is not known yet')", (memory.VERSION + 1,))
    assert opened(path).legs() == [leg("a")]
    assert [record.message for record in caplog.records] == [
        "a call in being cannot be read",
        "a call in being was kept by another version",
    ]


# -- files that cannot be the spool


def test_a_spool_is_open_once(path: Path) -> None:
    first = opened(path)
    with pytest.raises(SpoolUnusable, match="in use by another gateway"):
        opened(path)
    first.close()
    opened(path).close()


def test_a_spool_of_another_gateway_is_refused_and_stays_as_it_is(path: Path) -> None:
    first = opened(path)
    first.append([recorded("a")])
    first.close()
    with pytest.raises(SpoolUnusable, match="belongs to gateway gateway-1, not to gateway-2"):
        opened(path, gateway_id="gateway-2")
    assert len(opened(path)) == 1


def test_a_file_that_is_no_spool_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear customer, " * 100)
    with pytest.raises(SpoolUnusable, match="is not a spool"):
        opened(tmp_path / "letter")
    with pytest.raises(SpoolUnusable, match=r"the folder .* cannot be made"):
        opened(tmp_path / "letter" / "folder" / "spool.db")
    with pytest.raises(SpoolUnusable, match="cannot be opened"):
        opened(tmp_path)
