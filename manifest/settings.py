"""What differs from customer to customer in the package."""

from __future__ import annotations

from dataclasses import dataclass

from manifest.addresses import host_of


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
        return host_of(self.public_url)

    @property
    def application_id_uri(self) -> str:
        """For which Teams asks a token: the registration and the server must have the same (``APP_ID_URI``)."""
        return f"api://{self.host}/botid-{self.bot_id}"
