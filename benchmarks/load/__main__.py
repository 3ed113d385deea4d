"""The runs and their bounds."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.figures import quantile
from benchmarks.load.commits import Commits
from benchmarks.load.companies import companies
from benchmarks.load.ledger import Comparison, compare, read
from benchmarks.load.plant import Plant
from cloudlink.administration.gateways import CAPACITY, PbxModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.load.companies import Company

SECONDS = 60
QUICKER = 20
BOUND_MS = {1: 50, QUICKER: 250}
"""At p99, by how many times the busy hour."""
SIZES = (500, 1_000, 2_500, 5_000)
_PATIENCE = 120.0
_SETTLE = 3.0
"""Seconds before what counts begins, and without a record until it has ended."""


@dataclass(frozen=True, slots=True)
class Run:
    """``monitored`` is in seconds from a gateway's start; ``shares`` are of one processor, by process."""

    calls: float
    comparison: Comparison
    monitored: float
    shares: dict[str, float]
    megabytes: dict[str, float]

    @property
    def p99_ms(self) -> float:
        return quantile(self.comparison.latencies, 0.99) * 1000


def measure(sizes: dict[PbxModel, int], times: float, seconds: float = SECONDS) -> Run:
    """Starts everything, waits for all monitors, and counts from then on."""
    with TemporaryDirectory(prefix="load-") as name:
        folder = Path(name)
        made = asyncio.run(companies(folder / "store.db", sizes))
        with Plant(folder, times) as plant, Commits(folder / "store.db") as commits:
            began = time.monotonic()
            for company in made:
                plant.add(company)
            _until_monitored(folder / "store.db", made)
            monitored = time.monotonic() - began
            time.sleep(_SETTLE)
            before, since = plant.taken(), time.monotonic()
            time.sleep(seconds)
            after, lasted = plant.taken(), time.monotonic() - since
            # Calls that are up now stay without an end: neither side tells of them.
            for company in made:
                plant.end(f"pbx {company.pbx.value}")
            _until_quiet(commits)
        comparisons = [_compared(plant, company, commits, since) for company in made]
    together = Comparison(
        parts=sum(each.parts for each in comparisons),
        lost=sum(each.lost for each in comparisons),
        doubled=sum(each.doubled for each in comparisons),
        wrong=sum(each.wrong for each in comparisons),
        latencies=sorted(latency for each in comparisons for latency in each.latencies),
    )
    return Run(
        sum(company.bhcc for company in made) * times / 3600,
        together,
        monitored,
        {name: (after[name].seconds - before[name].seconds) / lasted for name in after},
        {name: taken.megabytes for name, taken in after.items()},
    )


def _compared(plant: Plant, company: Company, commits: Commits, since: float) -> Comparison:
    own = [record for record in commits.records if record.account_id == company.account_id]
    return compare(read(plant.ledger(company)), own, since, by_call=company.pbx is not PbxModel.BUSINESS)


def _until_monitored(database: Path, made: Sequence[Company]) -> None:
    """A line whose state is known has been looked at by a monitor that runs. MiVoice Business tells no states: there a
    call that is recorded shows that its lines are read, and that those which waited have been.
    """
    states = "SELECT count(*) FROM endpoints WHERE changed_at IS NOT NULL AND account_id = ?"
    records = "SELECT count(*) FROM (SELECT 1 FROM calls WHERE account_id = ? LIMIT 1)"
    until = time.monotonic() + _PATIENCE
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
        for company in made:
            by_lines = company.pbx is PbxModel.BUSINESS
            query, wanted = (records, 1) if by_lines else (states, company.users)
            while file.execute(query, (company.account_id,)).fetchone()[0] < wanted:
                if time.monotonic() > until:
                    raise TimeoutError(f"{company.pbx.value} is not monitored within {_PATIENCE:g} s")
                time.sleep(0.1)


def _until_quiet(commits: Commits) -> None:
    had = -1
    while had != (had := len(commits.records)):
        time.sleep(_SETTLE)


def main() -> None:
    """Prints everything. Raises ``SystemExit`` when a bound is missed."""
    full = {pbx: capacity.users for pbx, capacity in CAPACITY.items()}
    missed = []
    print(f"All PBXs at once, {sum(full.values()):,} users, {SECONDS} s, from the PBX's write to the record committed")
    for times, bound in BOUND_MS.items():
        run = measure(full, times)
        _print(run, times, bound)
        if not run.comparison.clean or run.p99_ms > bound:
            missed.append(f"{times} times the busy hour")
    print("Cost as work grows: one MX-ONE, 20 times its busy hour in proportion, 20 s each")
    print("   users  calls/s  monitored in s  p99 ms  gateway % of a core  MB  server % of a core  MB")
    for users in SIZES:
        run = measure({PbxModel.MX_ONE: users}, QUICKER, 20)
        gateway = "gateway mxone"
        print(
            f"  {users:>6,}  {run.calls:7.1f}  {run.monitored:14.1f}  {run.p99_ms:6.1f}  {run.shares[gateway]:19.0%}"
            f"  {run.megabytes[gateway]:2.0f}  {run.shares['server']:18.0%}  {run.megabytes['server']:2.0f}"
        )
    if missed:
        sys.exit(f"missed: {', '.join(missed)}")


def _print(run: Run, times: int, bound: float) -> None:
    told = run.comparison
    p50, most = (quantile(told.latencies, share) * 1000 for share in (0.5, 1.0))
    print(f"  {times} x BHCC: {run.calls:.1f} calls/s, {told.parts:,} records, all monitored in {run.monitored:.1f} s")
    print(f"    p50 {p50:.1f} ms, p99 {run.p99_ms:.1f} ms (at most {bound}), longest {most:.0f} ms")
    print(f"    lost {told.lost}, doubled {told.doubled}, told wrongly {told.wrong}")
    for name, share in run.shares.items():
        print(f"    {name:<20} {share:6.1%} of a core, {run.megabytes[name]:4.0f} MB")


if __name__ == "__main__":
    main()
