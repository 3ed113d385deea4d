"""What an administrator may see of an account's presence, written into its row now and then."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

from presence import rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from presence.meters import Meters
    from presence.model import Switched, Trouble
    from presence.writer import Writer
    from store.clock import Clock
    from store.database import Database

_KEPT_S = 3600.0


class Telling:
    """Of one account, by the server that looks after it. ``clock`` is monotonic, as that of ``meters``."""

    def __init__(
        self,
        database: Database,
        switched: Switched,
        server: str,
        writer: Writer,
        meters: Meters,
        *,
        now: Clock,
        clock: Callable[[], float],
    ) -> None:
        self.matching: Trouble | None = None
        """Why the people cannot be matched."""
        self._database = database
        self._account_id = switched.account_id
        self._server = server
        self._writer = writer
        self._meters = meters
        self._now = now
        self._clock = clock
        self._throttled: deque[tuple[float, int]] = deque([(clock(), 0)])
        self._told: dict[str, object] = {}
        self._trouble_since: datetime | None = None
        self._succeeded: tuple[float, datetime] | None = None

    @property
    def trouble(self) -> Trouble | None:
        """Why the tenant is told nothing, or not all."""
        return self._writer.trouble or self.matching

    async def tell(self) -> None:
        """Writes what is otherwise than before. Raises ``DatabaseUnavailable``."""
        values = self._values()
        if values != self._told:
            await self._database.write(
                lambda connection: rows.tell(connection, self._account_id, self._server, **values)
            )
            self._told = values

    async def matched(self, again: timedelta | None, *, all_: bool) -> None:
        """The people have been matched, all or some, and are to be so again after a while. ``DatabaseUnavailable``."""
        now = self._now()
        values = {"matched_on": now} if all_ else {}
        if again is not None:
            values["match_at"] = now + again
        if values:
            await self._database.write(
                lambda connection: rows.tell(connection, self._account_id, self._server, **values)
            )

    def _values(self) -> dict[str, object]:
        trouble = self.trouble
        if trouble is None:
            self._trouble_since = None
        elif self._trouble_since is None:
            self._trouble_since = self._now()
        values: dict[str, object] = {
            "trouble": trouble,
            "trouble_since": self._trouble_since,
            "backlog": self._writer.ledger.backlog,
            "throttled": self._of_last_hour(),
        }
        return values if (at := self._succeeded_on()) is None else {**values, "succeeded_on": at}

    def _succeeded_on(self) -> datetime | None:
        """One success is one moment, whatever the two clocks do meanwhile."""
        at = self._meters.succeeded_at
        if at is None:
            return None
        if self._succeeded is None or self._succeeded[0] != at:
            self._succeeded = at, self._now() - timedelta(seconds=self._clock() - at)
        return self._succeeded[1]

    def _of_last_hour(self) -> int:
        now, total = self._clock(), self._meters.throttled
        if total != self._throttled[-1][1]:
            self._throttled.append((now, total))
        while len(self._throttled) > 1 and self._throttled[1][0] <= now - _KEPT_S:
            self._throttled.popleft()
        return total - self._throttled[0][1]
