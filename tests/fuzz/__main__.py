"""``python -m tests.fuzz [CASES]``: so many cases, 100,000 unless told, over all properties alike."""

from __future__ import annotations

import logging
import resource
import sys
import time

from hypothesis import HealthCheck, given, settings

from tests.fuzz.properties import PROPERTIES

CASES = 100_000
ROUND = 1_000
"""Cases of which hypothesis remembers what it has tried; it takes 30 MB for so many, where the gateway takes none."""
MEMORY_BOUND_MB = 250


def run(cases: int) -> None:
    """Prints each property with its time; a case that fails is printed by hypothesis, as small as it gets."""
    logging.disable()
    each = -(-cases // len(PROPERTIES))
    for name, (check, given_of) in PROPERTIES.items():
        began = time.perf_counter()
        for done in range(0, each, ROUND):
            cases_now = min(ROUND, each - done)
            thorough = settings(
                max_examples=cases_now, deadline=None, database=None, suppress_health_check=list(HealthCheck)
            )
            thorough(given(**given_of)(check))()
        print(f"{name:12}{each:>10,} cases  {time.perf_counter() - began:8.1f} s", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB, at most {MEMORY_BOUND_MB}")
    if peak > MEMORY_BOUND_MB:
        sys.exit("memory grows")


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else CASES)
