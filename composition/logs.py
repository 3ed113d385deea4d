"""The log: one line of JSON for each record, on standard error, with what the caller gave as ``extra``.

Rooms pass structured facts by ``extra``; nobody passes tokens, passwords, message texts or full phone numbers.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from cloudlink import correlation

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Time in UTC, level, logger, message, the keys of ``extra``, and ``error`` with its stack if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **({"correlation_id": correlation_id} if (correlation_id := correlation.current()) else {}),
            **{key: value for key, value in vars(record).items() if key not in _STANDARD},
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str, ensure_ascii=False)


def configure_logging(level: str) -> None:
    """Sends every logger to standard error as JSON, from ``level`` on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
