"""Whose request it is: the account, the actor of its changes, and how its resources are read and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from scim2_models import ResourceType

    from cloudlink.administration.actor import Actor
    from cloudlink.service.administration.users import Invite
    from cloudlink.service.scim.paths import Reader


@dataclass(frozen=True, slots=True)
class Sync:
    """One request. ``base_url`` is the account's SCIM root without a slash, as the client sees it.

    ``extension`` finds the text that holds a user's extension, ``region`` is the country of numbers that name none.
    """

    account_id: str
    actor: Actor
    base_url: str
    extension: Reader
    region: str
    invite: Invite
    now: datetime

    def locate(self, resource_type: ResourceType, resource_id: str) -> str:
        """The URL of a resource."""
        return f"{self.base_url}{resource_type.endpoint}/{resource_id}"

    def meta(
        self, resource_type: ResourceType, resource_id: str, created: datetime, modified: datetime | None, version: int
    ) -> dict[str, str]:
        """What the service says of a resource; its version is the entity tag."""
        return {
            "resourceType": str(resource_type.name),
            "created": _time(created),
            "lastModified": _time(modified or created),
            "location": self.locate(resource_type, resource_id),
            "version": f'W/"{version}"',
        }


def version_of(entity_tag: str) -> int:
    """The number in an entity tag of ours."""
    return int(entity_tag.strip('W/"'))


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
