"""From an e-mail address that somebody has typed to their company's sign-on.

The domain only routes: who comes back from there is decided by ``EntraSignIn.user_of``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from cloudlink.identity import EntraSignIn

START = "/auth/entra/start"
"""Where anybody may sign in by Microsoft (``auth.entra.pages``)."""


class EntraRouting:
    """Paths that begin a sign-in by Microsoft."""

    def __init__(self, entra: EntraSignIn) -> None:
        self._entra = entra

    def path(self, **query: str) -> str:
        """Where anybody may sign in by Microsoft; ``next``, ``link`` and ``hint`` as the page takes them."""
        told = {name: value for name, value in query.items() if value}
        return f"{START}?{urlencode(told)}" if told else START

    async def path_for(self, email: str, **query: str) -> str | None:
        """``path`` for whose e-mail domain an account has verified; ``None`` for everybody else."""
        if await self._entra.tenant_for_email(email) is None:
            return None
        return self.path(**query, hint=email.strip())
