"""``python -m benchmarks``: everything, one after another, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

MEASUREMENTS = (
    "benchmarks.bot",
    "benchmarks.call_log",
    "benchmarks.contacts",
    "benchmarks.extension",
    "benchmarks.gateway",
    "benchmarks.notices",
    "benchmarks.phone",
    "benchmarks.scim",
    "benchmarks.startup",
    "benchmarks.tabs",
    "benchmarks.tokens",
)

if __name__ == "__main__":
    for module in MEASUREMENTS:
        print(f"== {module}", flush=True)
        subprocess.run([sys.executable, "-m", module], check=True)
