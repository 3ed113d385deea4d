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
from gateway.spool import Spool, SpoolUnusable
from tests.gateway.calls.stories import CALLER

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def recorded(name: str) -> CallRecorded:
    return CallRecorded("201", Call(name, Direction.INBOUND, AT))


CHANGED = LineChanged("201", AT, state="idle")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "spool.db"


def call_ids(spool: Spool) -> list[str]:
    return [json.loads(frame)["fact"]["call"]["callId"] for _, frame in spool.after(0)]


_opened: list[Spool] = []


def opened(path: Path, *, gateway_id: str = "gateway-1", limit: int = 100) -> Spool:
    """A spool that is closed after the test, unless the test has closed it."""
    spool = Spool(path, gateway_id=gateway_id, limit=limit)
    _opened.append(spool)
    return spool


@pytest.fixture(autouse=True)
def none_left_open() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def test_facts_are_numbered_from_one_without_gaps(path: Path) -> None:
    spool = opened(path)
    spool.append([recorded("a"), recorded("b")])
    spool.append([recorded("c")])
    assert [(number, json.loads(frame)["sequence"]) for number, frame in spool.after(0)] == [(1, 1), (2, 2), (3, 3)]
    assert [number for number, _ in spool.after(1, limit=1)] == [2]


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


def test_a_full_spool_takes_no_line_states_and_then_no_records(path: Path) -> None:
    spool = opened(path, limit=10)
    assert spool.append([CHANGED] * 10) == 0
    assert spool.append([CHANGED, recorded("a")]) == 1
    assert spool.append([recorded("b")]) == 1
    assert (len(spool), spool.last) == (11, 11)
    spool.forget(11)
    assert spool.append([CHANGED]) == 0


def test_a_renewed_spool_keeps_its_facts_under_numbers_from_one(path: Path) -> None:
    spool = opened(path)
    spool.append([recorded("a"), recorded("b"), recorded("c")])
    spool.forget(1)
    before = spool.spool_id
    spool.renew()
    assert spool.spool_id != before
    assert (call_ids(spool), [number for number, _ in spool.after(0)], spool.last) == (["b", "c"], [1, 2], 2)


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
