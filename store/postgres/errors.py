"""What went wrong with PostgreSQL, in the words that SQLite's driver uses too, and without the values of a row.

PostgreSQL quotes rows in the details of its errors, and asyncpg quotes values that it cannot send; both would carry
names and addresses into the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asyncpg import CharacterNotInRepertoireError
from sqlalchemy import event
from sqlalchemy.exc import DataError

from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from sqlalchemy.engine import ExceptionContext
    from sqlalchemy.ext.asyncio import AsyncEngine

# SQLSTATEs, or the classes that their first two characters are: connection lost, out of resources, stopped by the
# operator or starting, transaction idle for too long, lock not available, disk or system fails.
_UNAVAILABLE = ("08", "53", "57P", "25P03", "55P03", "58")
_BAD_VALUE = "22"


def name_causes(engine: AsyncEngine) -> None:
    """Has the engine raise ``DatabaseUnavailable``, and ``DataError``, which SQLAlchemy's dialect does not know."""
    event.listen(engine.sync_engine, "handle_error", _name_cause)


def is_unavailable(error: BaseException) -> bool:
    """Whether the database is away, rather than anything wrong with what was asked. For errors of asyncpg too."""
    return isinstance(error, OSError) or (getattr(error, "sqlstate", None) or "").startswith(_UNAVAILABLE)


def is_unstorable_text(error: BaseException) -> bool:
    """Whether a text was sent, or was to be sent, that no column can hold: with a NUL or a lone surrogate in it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, CharacterNotInRepertoireError | UnicodeEncodeError):
            return True
        cause = cause.__cause__
    return False


def _name_cause(context: ExceptionContext) -> None:
    error = context.original_exception
    if context.is_pre_ping or not isinstance(error, Exception):
        # A connection from the pool is gone: the pool has another one made. Or somebody cancelled the question, which
        # says nothing of the database, and whoever waits for the end must see it.
        return
    if context.is_disconnect or is_unavailable(error):
        # Also tells SQLAlchemy to keep no such connection.
        context.is_disconnect = True
        raise DatabaseUnavailable(str(error) or type(error).__name__) from None
    state = getattr(error, "sqlstate", None) or ""
    if not state.startswith(_BAD_VALUE):
        _forget_values(error, None)
    else:
        _forget_values(error, f"a value does not fit its column: {type(error.__cause__).__name__}")
        raise DataError(context.statement, None, error, hide_parameters=True) from None


def _forget_values(error: BaseException | None, message: str | None) -> None:
    while error is not None:
        error.args = error.args if message is None else (message,)
        for quoting in ("detail", "hint"):
            if getattr(error, quoting, None):
                setattr(error, quoting, None)
        error = error.__cause__
