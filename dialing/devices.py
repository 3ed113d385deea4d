"""Which device a browser runs on, as far as it says."""

from __future__ import annotations

from enum import StrEnum


class Device(StrEnum):
    """``WEB`` is a desktop browser on another system, such as Linux or ChromeOS."""

    WINDOWS = "windows"
    MAC = "mac"
    ANDROID = "android"
    IOS = "ios"
    IPADOS = "ipados"
    WEB = "web"
    UNKNOWN = "unknown"


# In this order: Android also says Linux, and some phones claim to be like an iPhone, which is the careful answer.
_MARKS = (
    ("iPad", Device.IPADOS),
    ("iPhone", Device.IOS),
    ("iPod", Device.IOS),
    ("Android", Device.ANDROID),
    ("Windows NT", Device.WINDOWS),
    ("Macintosh", Device.MAC),
    ("CrOS", Device.WEB),
    ("X11", Device.WEB),
    ("Wayland", Device.WEB),
)


# What Teams says of itself on a mobile (TeamsJS, ``HostClientType``); elsewhere the browser knows better.
_CLIENTS = {"ios": Device.IOS, "ipados": Device.IPADOS, "android": Device.ANDROID}


def device_of(user_agent: str, client: str = "") -> Device:
    """The device that a ``User-Agent`` names, or that the Teams client says that it runs on.

    Safari on an iPad says ``Macintosh`` unless told otherwise; only a script sees that it has touch. So ``MAC`` means a
    Mac or an iPad, and ``links_for`` answers with both.
    """
    if client in _CLIENTS:
        return _CLIENTS[client]
    return next((device for mark, device in _MARKS if mark in user_agent), Device.UNKNOWN)
