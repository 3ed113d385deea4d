"""The address of a call button on a page of ours, for the device that shows it (``dialing`` says why)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dialing import Device, NumberError, links_for, normalise
from tabs.devices import device_of_request

if TYPE_CHECKING:
    from cloudlink.model import Account, DialSettings
    from tabs.personal.frame import PersonalVisit

_APPLE_MOBILES = frozenset({Device.IOS, Device.IPADOS})


@dataclass(frozen=True, slots=True)
class CallLink:
    """``href`` dials, or is empty; ``on_touch`` takes its place on a Mac that turns out to be an iPad.

    ``desk`` is what the desk phone is told to call, and takes the place of both where a person has chosen it.
    """

    href: str
    on_touch: str
    desk: str = ""


def needs_dial_pages(visit: PersonalVisit) -> bool:
    """Whether the device may be one whose buttons lead to the dial page."""
    return device_of_request(visit.request) in _APPLE_MOBILES | {Device.MAC}


def call_link(visit: PersonalVisit, account: Account, number: str, dial_id: str | None) -> CallLink:
    """For a number as the PBX or a directory shows it, and the id of a link to its dial page."""
    tel = _tel(number, account.dialing)
    if visit.desk_phone:
        return CallLink(href="", on_touch="", desk=number if tel else "")
    dial_page = f"/dial/{dial_id}" if dial_id else ""
    device = device_of_request(visit.request)
    return CallLink(
        href=dial_page if device in _APPLE_MOBILES else tel,
        on_touch=dial_page if device is Device.MAC else "",
    )


# Reading a number takes a quarter of the time of a page, and the same ones stand on it again and again.
@lru_cache(maxsize=8192)
def _tel(number: str, plan: DialSettings) -> str:
    """The link that a desktop or Android opens its softphone by; empty for a number that may not be dialled."""
    try:
        dialled = normalise(number, plan)
    except NumberError:
        return ""
    return links_for(Device.WEB, dialled, plan)[0].href or ""
