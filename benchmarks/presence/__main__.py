"""The parts, one after another, and whether their bounds are kept."""

from __future__ import annotations

import argparse
import asyncio
import sys

from benchmarks.figures import Figures
from benchmarks.presence import from_teams, many, to_teams, writes

PARTS = {"to_teams": to_teams.measure, "from_teams": from_teams.measure, "writes": writes.measure, "many": many.measure}


def main() -> None:
    """Raises ``SystemExit`` when a bound is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.presence")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"of {', '.join(PARTS)}")
    figures = Figures()
    for part in parser.parse_args().parts or PARTS:
        asyncio.run(PARTS[part](figures))
    if figures.missed:
        sys.exit(f"missed: {'; '.join(figures.missed)}")


if __name__ == "__main__":
    main()
