"""What became of a tenant's contacts, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contacts.model import Trouble

if TYPE_CHECKING:
    from contacts.model import ContactSync
    from tabs.console.visit import Visit


def contacts_told(sync: ContactSync, visit: Visit) -> str:
    """One or two sentences; empty before the first reading has ended."""
    return " ".join(filter(None, (_read(sync, visit), _trouble(sync, visit))))


def _read(sync: ContactSync, visit: Visit) -> str:
    if sync.finished_on is None or sync.trouble == Trouble.NOT_PERMITTED:
        return ""
    time = visit.when(sync.finished_on)
    return visit.say.plural("{n} contact, read {time}.", "{n} contacts, read {time}.", sync.contacts, time=time)


def _trouble(sync: ContactSync, visit: Visit) -> str:
    say = visit.say
    match sync.trouble:
        case Trouble.NOT_PERMITTED:
            return say("Its contacts are not read: a permission for that has not been granted.")
        case Trouble.UNREACHABLE:
            return say("Microsoft did not answer; it is tried again in a few minutes.")
        case Trouble.REJECTED:
            return say("Microsoft refused to give the contacts; it is tried again in a few minutes.")
        case Trouble.TOO_MANY:
            return say("There are more contacts than are read; the others are left out.")
    return ""
