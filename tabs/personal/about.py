"""``/tabs/about``: who is signed in, how MiCollab becomes the app that a device calls with, and the version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.identity import AuthProvider
from dialing import MINIMUM, Device, Need
from tabs.devices import device_of_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aiohttp import web

    from cloudlink.model import Account
    from cloudlink.port import CloudLink
    from i18n import Translator
    from tabs.micollab import UserWarnings
    from tabs.personal.frame import PersonalVisit

# In the order in which they are shown; the visitor's own comes first.
_DEVICES = (Device.WINDOWS, Device.MAC, Device.ANDROID, Device.IOS, Device.WEB)


class AboutPage:
    """The handler. ``guide`` is the address of the guide for users, ``version`` ours."""

    def __init__(self, cloudlink: CloudLink, warnings: UserWarnings, guide: str, version: str) -> None:
        self._cloudlink = cloudlink
        self._warnings = warnings
        self._guide = guide
        self._version = version

    async def show(self, visit: PersonalVisit) -> web.StreamResponse:
        """The page."""
        account, device = await self._cloudlink.account(visit.who), device_of_request(visit.request)
        own = Device.IOS if device is Device.IPADOS else device
        return visit.page(
            "about.html",
            account=account,
            by_microsoft=visit.visitor.session.auth_provider == AuthProvider.ENTRA,
            own=own,
            devices=[
                (each, _NAMES[each](visit.say), _steps(each, account, visit.say))
                for each in sorted(_DEVICES, key=lambda each: each is not own)
            ],
            warnings=await self._warnings.of(account, device, visit.say),
            guide=self._guide,
            version=self._version,
        )


def _steps(device: Device, account: Account, say: Translator) -> Sequence[str]:
    if device is Device.IOS and not account.dialing.ios_uri_template:
        return [
            say(
                "Your administrator has not set up the link of MiCollab for iPhones and iPads yet. Until then nothing"
                " can be dialled from there."
            )
        ]
    return _STEPS[device](say)


_NAMES: Mapping[Device, Callable[[Translator], str]] = {
    Device.WINDOWS: lambda _: "Windows",
    Device.MAC: lambda _: "Mac",
    Device.ANDROID: lambda _: "Android",
    Device.IOS: lambda say: say("iPhone or iPad"),
    Device.WEB: lambda say: say("Teams in a browser"),
}
_STEPS: Mapping[Device, Callable[[Translator], Sequence[str]]] = {
    Device.WINDOWS: lambda say: [
        say("In the settings of Windows, choose “Apps”, then “Default apps”."),
        say("Choose “Choose defaults by link type”; on older versions, “Choose default apps by protocol”."),
        say("In the list, find TEL and press the app that stands there, or “Choose a default”."),
        say("Choose MiCollab."),
    ],
    Device.MAC: lambda say: [
        say("Open FaceTime, then its settings, and there “General”."),
        say("At “Default for calls”, choose MiCollab."),
    ],
    Device.ANDROID: lambda say: [
        say("Press “Call” beside a call in your call log: Android asks which app to use."),
        say("Choose MiCollab, then “Always”."),
        say("To change it later, look for the default apps in the settings of your device."),
    ],
    Device.IOS: lambda say: [
        say("Install MiCollab {version} or newer. There is nothing to set.", version=MINIMUM[Need.IOS]),
        say("Press “Call” beside a call in your call log, then “Call with MiCollab” on the page that opens."),
    ],
    Device.WEB: lambda say: [
        say("Install MiCollab on this computer."),
        say("Press “Call” beside a call in your call log: the browser asks whether it may open MiCollab."),
        say("Allow it, and tick that it may always."),
    ],
}
