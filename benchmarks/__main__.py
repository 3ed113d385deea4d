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
    "benchmarks.load",
    "benchmarks.monitors",
    "benchmarks.notices",
    "benchmarks.phone",
    "benchmarks.presence",
    "benchmarks.scim",
    "benchmarks.startup",
    "benchmarks.tabs",
    "benchmarks.tokens",
    "benchmarks.uplink",
)

if __name__ == "__main__":
    failed = []
    for module in MEASUREMENTS:
        print(f"== {module}", flush=True)
        if subprocess.run([sys.executable, "-m", module], check=False).returncode:
            failed.append(module)
    if failed:
        sys.exit(f"a bound is missed, or not measured: {', '.join(failed)}")
