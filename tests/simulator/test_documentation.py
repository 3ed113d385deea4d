"""``docs/simulator.md`` names only what is there, and all profiles and fields of the ledger."""

import argparse
import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.command_line import add_options, chosen_settings
from simulator.commands import obey
from simulator.ledger import Part
from simulator.profiles import PROFILES
from simulator.simulator import Simulator
from simulator.timeline import Timeline
from simulator.traffic.script import parse

TEXT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
COMMANDS = re.findall(r"^python app\.py simulator (.+?)(?:  .*)?$", TEXT, re.MULTILINE)
SAID = re.findall(r"^((?:play|fault|status)\b.*)$", TEXT, re.MULTILINE)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    add_options(made)
    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_line_can_be_used(command: str) -> None:
    assert chosen_settings(parser().parse_args(shlex.split(command))).extensions


def test_every_option_that_is_named_is_one() -> None:
    known = {option for action in parser()._actions for option in action.option_strings}
    assert set(re.findall(r"--[a-z][a-z-]*", TEXT)) <= known


def test_every_profile_stands_in_the_table() -> None:
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in TEXT.splitlines() if row.startswith("| `")]
    told = {row[0].split("`")[1]: row[2:] for row in rows[1:] if len(row) == 5}
    assert told == {
        name: [
            ", ".join(str(port) for port in (profile.port, profile.tls_port) if port is not None),
            f"{profile.users:,}",
            f"{profile.bhcc:,}",
        ]
        for name, profile in PROFILES.items()
    }


def test_every_field_of_the_ledger_is_explained() -> None:
    part = Part("201", ["1"], outbound=False, calling="", called="201", began=datetime(2026, 1, 1, tzinfo=UTC))
    section = TEXT[TEXT.index("## What is told") : TEXT.index("## Commands")]
    named = {name for row in section.splitlines() if row.startswith("| `") for name in re.findall(r"`(\w+)`", row)}
    assert named == json.loads(part.as_json()).keys() | {"inbound", "outbound"}


def test_what_is_said_to_a_running_one_is_understood() -> None:
    assert len(SAID) == 3
    pbx = Simulator(chosen_settings(parser().parse_args([])), Timeline())
    for line in SAID:
        assert not obey(pbx, line).startswith("error")
    assert all(parse(line.removeprefix("play ")) for line in SAID if line.startswith("play"))
