"""The topics of CloudLink's outbox events: what may be listened to, and what each payload holds.

Payloads carry ids, never names, numbers or texts: whoever handles one reads the present state, which may have moved on
since. ``account_id`` stands beside each event.
"""

from __future__ import annotations

CALL_RECORDED = "call.recorded"
"""A call was added to somebody's log: ``principal_id``, ``call_id``, ``missed``."""

LINE_CHANGED = "line.changed"
"""A device is otherwise than before: ``principal_id`` (or ``None``), ``endpoint_id`` and what is new of its state."""

LINES_KNOWN = "lines.known"
"""What a gateway has told of lines holds no more, since it is away, or does again: ``gateway_id``, ``known``."""

EXTENSIONS_CHANGED = "extensions.changed"
"""Which extensions of the account are to be monitored may differ now: nothing."""

USER_CHANGED = "user.changed"
"""A user was made or is otherwise than before: ``principal_id``."""

USER_DEACTIVATED = "user.deactivated"
"""A user was deactivated or deleted: ``principal_id``. Their presence, notices and monitoring end."""

ACCOUNT_DEACTIVATED = "account.deactivated"
"""An account was deactivated: nothing. Its gateways are cut off, and all that runs for its users ends."""

GATEWAY_CHANGED = "gateway.changed"
"""A gateway's key is void or new, or the gateway is gone: ``gateway_id``. A link with the old key is cut."""

REPORT_CHANGED = "report.changed"
"""A problem report got another state or answer: ``principal_id`` of its author, ``report_id``."""
