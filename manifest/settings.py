"""What differs from customer to customer in the package."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class PackageSettings:
    """``app_id`` is the app's own GUID in Teams, ``bot_id`` the application id of the bot's Azure registration.

    ``public_url`` is where users' browsers reach the server. ``version`` is to rise with each upload. The three
    addresses of the developer are shown to admins before they approve the app.
    """

    app_id: str
    bot_id: str
    public_url: str
    website_url: str
    privacy_url: str
    terms_url: str
    developer_name: str
    name: str = "Mitel Assistant"
    version: str = "1.0.0"

    @property
    def host(self) -> str:
        """Host of ``public_url`` without port, or empty when it has none."""
        try:
            return urlsplit(self.public_url).hostname or ""
        except ValueError:
            return ""
