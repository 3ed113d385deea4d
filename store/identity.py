"""The nouns of Microsoft Teams that the assistant's state is keyed by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TeamsUser:
    """A person in one tenant as one bot sees them. ``user_id`` is the activity's ``from.id``, unique to that bot."""

    app_id: str
    tenant_id: str
    user_id: str
