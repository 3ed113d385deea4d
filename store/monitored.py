"""Whose telephone a gateway is to monitor, as a condition on a gateway and a user of the same account.

MiVoice 5000 asks for the role CTI and MX-ONE for User: there only holders are monitored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, exists, or_

from cloudlink.administration.gateways import CAPACITY
from store.schema import gateways, users

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause


def _asked_for(those: FromClause) -> ColumnElement[str | None]:
    """What the PBX beside each of the gateways asks of a user, if it asks for anything."""
    asking = {pbx: capacity.telephony_role for pbx, capacity in CAPACITY.items() if capacity.telephony_role is not None}
    return case(*((those.c.pbx == pbx.value, role.value) for pbx, role in asking.items()), else_=None)


_others = gateways.alias("others")
# Who holds the role that one PBX asks for has their telephone there: a PBX that asks for none leaves them to it.
_ELSEWHERE = (
    exists()
    .where(
        _others.c.account_id == gateways.c.account_id,
        _others.c.gateway_id != gateways.c.gateway_id,
        _asked_for(_others) == users.c.telephony_role,
    )
    # By itself SQLAlchemy looks no further out than one statement: it would be any user of any account.
    .correlate(gateways, users)
)
OWN = or_(
    users.c.telephony_role == _asked_for(gateways),
    _asked_for(gateways).is_(None) & (users.c.telephony_role.is_(None) | ~_ELSEWHERE),
)
"""Holds for a row of ``gateways`` and one of ``users`` when that gateway monitors that user's telephones."""
MONITORED_BY_ANY = exists().where(gateways.c.account_id == users.c.account_id, OWN)
"""Holds for a row of ``users`` when any gateway of the account monitors their telephones."""
