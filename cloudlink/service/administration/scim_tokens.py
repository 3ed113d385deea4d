"""Administrators' side of SCIM's secrets; ``cloudlink.service.scim.tokens`` makes and recognises them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from cloudlink.administration.refusals import Reason, Refused
from cloudlink.service.administration import audit
from cloudlink.service.administration.integrations import require_customer
from cloudlink.service.administration.rights import Right, require, require_in
from cloudlink.service.scim import tokens
from store.clock import Clock, utc_now
from store.schema import scim_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from cloudlink.administration.integrations import ScimToken
    from store.database import Database

_LONGEST_DAYS = 730
# Two for a rotation, and a few to spare; each is a secret that somebody holds.
_MOST_TOKENS = 5
_NUMBER = select(func.count()).where(scim_tokens.c.account_id == bindparam("account_id"))


class AccountScimTokens:
    """Fulfils ``ScimTokens``."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def all(self, actor: Actor, account_id: str) -> Sequence[ScimToken]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return await tokens.all_of(self._database, account_id)

    async def create(self, actor: Actor, account_id: str, *, days: int = 365) -> tuple[ScimToken, str]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        if not 1 <= days <= _LONGEST_DAYS:
            raise Refused(Reason.UNKNOWN_VALUE, "days")

        def work(connection: Connection) -> tuple[ScimToken, str]:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            require_customer(connection, account_id)
            if connection.execute(_NUMBER, {"account_id": account_id}).scalar_one() >= _MOST_TOKENS:
                raise Refused(Reason.STATE, "token")
            made = tokens.create_in(connection, account_id, self._now(), lifetime=timedelta(days=days))
            self._record(connection, actor, account_id, made[0].token_id, "scim_token.created")
            return made

        return await self._database.write(work)

    async def revoke(self, actor: Actor, account_id: str, token_id: str) -> None:
        def work(connection: Connection) -> None:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            tokens.revoke_in(connection, account_id, token_id)
            self._record(connection, actor, account_id, token_id, "scim_token.revoked")

        await self._database.write(work)

    def _record(self, connection: Connection, actor: Actor, account_id: str, token_id: str, action: str) -> None:
        audit.record(connection, actor, account_id, action, subject=("scimToken", token_id, token_id), now=self._now())
