"""``python -m benchmarks.bot``."""

from __future__ import annotations

import asyncio

from benchmarks.bot.compare import compare, table

if __name__ == "__main__":
    print(table(asyncio.run(compare())))
