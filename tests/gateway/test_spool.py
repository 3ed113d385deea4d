"""Facts on disk: in order, once, and still there after the process was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloudlink.model import Call, Direction
from cloudlink.uplink import CallRecorded, LineChanged
from gateway.spool import Spool

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


def test_facts_are_numbered_from_one_without_gaps(path: Path) -> None:
    spool = Spool(path)
    spool.append([recorded("a"), recorded("b")])
    spool.append([recorded("c")])
    assert [(number, json.loads(frame)["sequence"]) for number, frame in spool.after(0)] == [(1, 1), (2, 2), (3, 3)]
    assert [number for number, _ in spool.after(1, limit=1)] == [2]


def test_what_is_acknowledged_is_forgotten_and_its_number_never_given_again(path: Path) -> None:
    spool = Spool(path)
    spool.append([recorded("a"), recorded("b")])
    spool.forget(2)
    spool.close()
    spool = Spool(path)
    spool.append([recorded("c")])
    assert [number for number, _ in spool.after(0)] == [3]
    assert len(spool) == 1


def test_a_new_file_is_a_new_spool_and_an_old_one_the_same(path: Path, tmp_path: Path) -> None:
    first = Spool(path)
    first.close()
    assert Spool(path).spool_id == first.spool_id
    assert Spool(tmp_path / "other.db").spool_id != first.spool_id


def test_facts_survive_a_process_that_is_killed(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.gateway.test_spool import *\n"
        "spool = Spool(Path(sys.argv[1])); spool.append([recorded('a'), recorded('b')]); spool.forget(1)\n"
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
    spool = Spool(path)
    assert call_ids(spool) == ["b"]
    assert spool.last == 2


def test_a_full_spool_takes_no_line_states_and_then_no_records(path: Path) -> None:
    spool = Spool(path, limit=10)
    assert spool.append([CHANGED] * 10) == 0
    assert spool.append([CHANGED, recorded("a")]) == 1
    assert spool.append([recorded("b")]) == 1
    assert (len(spool), spool.last) == (11, 11)
    spool.forget(11)
    assert spool.append([CHANGED]) == 0


def test_a_renewed_spool_keeps_its_facts_under_numbers_from_one(path: Path) -> None:
    spool = Spool(path)
    spool.append([recorded("a"), recorded("b"), recorded("c")])
    spool.forget(1)
    before = spool.spool_id
    spool.renew()
    assert spool.spool_id != before
    assert (call_ids(spool), [number for number, _ in spool.after(0)], spool.last) == (["b", "c"], [1, 2], 2)


def test_extensions_are_remembered(path: Path) -> None:
    spool = Spool(path)
    assert spool.extensions() == ()
    spool.remember_extensions(("201", "202"))
    spool.close()
    assert Spool(path).extensions() == ("201", "202")
