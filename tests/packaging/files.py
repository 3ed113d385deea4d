"""Reads what is in ``packaging/``, without the programs that it is for: they are not everywhere."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from composition.gateway import add_commands

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
SPOOL = "/var/lib/cloudlink-gateway/spool.db"


def unit() -> dict[str, list[str]]:
    """Each directive of the unit with its values in order, whatever its section."""
    found: dict[str, list[str]] = {}
    for line in (PACKAGING / "systemd" / "cloudlink-gateway.service").read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile, with continued lines joined."""
    text = (PACKAGING / "Containerfile.gateway").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def accepted(command: list[str] | str) -> str:
    """The name of the function that the command line runs; a command that it does not know ends the test."""
    program, *arguments = shlex.split(command) if isinstance(command, str) else command
    assert Path(program).name == "cloudlink-gateway"
    parser = argparse.ArgumentParser()
    add_commands(parser)
    return str(parser.parse_args(arguments).run.__name__)
