"""The links that a page offers for a number.

``tel:`` starts MiCollab on Windows, Mac, Android and the web; on iOS it would start the native dialler, so there only
MiCollab's own link is offered. Mitel does not publish that link: each account holds its template.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from dialing.devices import Device

if TYPE_CHECKING:
    from dialing.numbers import DialPlan, Number

logger = logging.getLogger(__name__)

_FIELD = "{number}"
# The characters of RFC 3986 after a scheme. Spaces, tabs, controls and letters of other scripts are none of them, and
# browsers drop some of those in order to read a scheme behind them.
_TEMPLATE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%{}]*")
# Schemes that open web pages, scripts or files, or the native dialler and messages of a telephone.
_REFUSED_SCHEMES = frozenset(
    {"http", "https", "javascript", "data", "vbscript", "file", "filesystem", "blob", "about", "view-source", "intent"}
    | {"tel", "telprompt", "sms", "facetime", "facetime-audio", "facetime-prompt", "facetime-audio-prompt"}
)
_CHOICES = {Device.UNKNOWN: (Device.WEB, Device.IOS), Device.MAC: (Device.MAC, Device.IPADOS)}


class BadTemplate(ValueError):
    """The account's link for iOS cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """``href`` is ``None`` where the account has no way to dial from the device."""

    device: Device
    href: str | None


def links_for(device: Device, number: Number, plan: DialPlan) -> tuple[Choice, ...]:
    """What to offer: one choice for a device that is known, several when it may be one of them (see ``device_of``)."""
    devices = _CHOICES.get(device, (device,))
    return tuple(Choice(each, _link(each, number.dialled, plan)) for each in devices)


def check_ios_template(template: str) -> None:
    """Raises ``BadTemplate`` unless it is a URI of an application with exactly one ``{number}``."""
    parts = _TEMPLATE.fullmatch(template)
    if parts is None:
        raise BadTemplate("must be a URI such as scheme:{number}, without spaces")
    if parts["scheme"].lower() in _REFUSED_SCHEMES:
        raise BadTemplate(f"must open MiCollab: the scheme {parts['scheme'].lower()} is not allowed")
    if template.count(_FIELD) != 1 or template.count("{") != 1 or template.count("}") != 1:
        raise BadTemplate("must hold {number} exactly once, and no other braces")


def _link(device: Device, dialled: str, plan: DialPlan) -> str | None:
    if device not in {Device.IOS, Device.IPADOS}:
        # RFC 3966 keeps the plus; a bare # would begin a fragment, and not every softphone reads a bare *.
        return "tel:" + quote(dialled, safe="+")
    if not plan.ios_uri_template:
        return None
    try:
        check_ios_template(plan.ios_uri_template)
    except BadTemplate as error:
        logger.warning("the account's link for iOS is not used", extra={"reason": str(error)})
        return None
    return plan.ios_uri_template.replace(_FIELD, quote(dialled, safe=""))
