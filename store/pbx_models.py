"""Which PBXs an account has, by what its gateways stand beside: known to everybody in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from store.schema import gateways

if TYPE_CHECKING:
    from store.database import Database

_MODELS = select(gateways.c.pbx).distinct().where(gateways.c.account_id == bindparam("account_id"))


async def pbx_models(database: Database, account_id: str) -> frozenset[str]:
    """Values of ``PbxModel``; gateways that nobody has told the PBX of do not count."""
    rows = await database.read(_MODELS, {"account_id": account_id})
    return frozenset(model for (model,) in rows if model)
