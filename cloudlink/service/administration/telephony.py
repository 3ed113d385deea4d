"""Extensions and telephony roles of users: which device is whose, and whom the PBX lets be monitored.

MiVoice 5000 asks for the role CTI and MX-ONE for User; there only holders are monitored (``store.monitored``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import bindparam, func, select, update

from cloudlink.administration.gateways import CAPACITY, PbxModel
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.model import CallState, UserAvailability
from store import upsert
from store.schema import endpoints, gateways, users

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

_MODELS = frozenset(PbxModel)

HOLDERS = select(func.count()).where(users.c.account_id == bindparam("account_id"), users.c.telephony_role.is_not(None))
PBXS = select(gateways.c.pbx).where(gateways.c.account_id == bindparam("account_id"), gateways.c.pbx.is_not(None))
_ASSIGN = upsert.insert(endpoints)
_ASSIGN = _ASSIGN.on_conflict_do_update(
    index_elements=[endpoints.c.account_id, endpoints.c.name],
    set_={"principal_id": _ASSIGN.excluded.principal_id},
)
_UNASSIGN = (
    update(endpoints)
    .where(
        endpoints.c.account_id == bindparam("of_account"),
        endpoints.c.name == bindparam("extension"),
        endpoints.c.principal_id == bindparam("of_principal"),
    )
    .values(principal_id=None)
)


def asked_for(pbxs: Iterable[Sequence[str]]) -> frozenset[str]:
    """The roles that the PBXs (rows of ``PBXS``) ask for."""
    known = (CAPACITY.get(PbxModel(pbx)) for (pbx,) in pbxs if pbx in _MODELS)
    return frozenset(capacity.telephony_role for capacity in known if capacity and capacity.telephony_role)


def check_asked_for(connection: Connection, account_id: str, role: str) -> None:
    """Raises ``Refused`` with ``PBX_NEEDS_NO_ROLE`` when no gateway of the account has a PBX that asks for the role."""
    if role not in asked_for(connection.execute(PBXS, {"account_id": account_id}).all()):
        raise Refused(Reason.PBX_NEEDS_NO_ROLE, "telephony_role")


def check_limit(connection: Connection, account_id: str, limit: int) -> None:
    """Before one more holder. Raises ``Refused`` with ``ROLE_LIMIT``.

    The limit counts who holds a role: users of PBXs that ask for none are not bounded by it.
    """
    if connection.execute(HOLDERS, {"account_id": account_id}).scalar_one() >= limit:
        raise Refused(Reason.ROLE_LIMIT, "telephony_role")


def move(connection: Connection, account_id: str, principal_id: str, before: str | None, after: str | None) -> None:
    """The user's device is ``after`` from now on. The earlier one stays, since calls name it, and is nobody's."""
    if before is not None:
        key = {"of_account": account_id, "of_principal": principal_id, "extension": before}
        connection.execute(_UNASSIGN, key)
    if after is not None:
        connection.execute(_ASSIGN, _endpoint(account_id, principal_id, after))


def _endpoint(account_id: str, principal_id: str, extension: str) -> dict[str, object]:
    return {
        "account_id": account_id,
        "endpoint_id": str(uuid4()),
        "principal_id": principal_id,
        "name": extension,
        "type": "deskphone",
        "state": CallState.UNKNOWN,
        "user_availability": UserAvailability.AVAILABLE,
        "message_waiting": False,
        "dnd": False,
    }
