"""Which addresses and host names Teams takes, and which of them users' devices can reach at all."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

LONGEST_URL = 2048

_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LOCAL = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
# Microsoft's documentation of validDomains: sign-on is not framed, so its hosts are not to be listed; nor is a wildcard
# over names that are everybody's.
_SIGN_ON = ("login.microsoftonline.com", "login.microsoft.com", "login.live.com", "accounts.google.com")
_SHARED = ("onmicrosoft.com", "azurewebsites.net", "cloudapp.net", "sharepoint.com", "botframework.com")


def host_of(url: str) -> str:
    """Host without port, or empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def url_problem(url: str) -> str | None:
    """What is wrong with an address that Teams is to open."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "must be an address such as https://assistant.example.com"
    if not re.fullmatch(r"[!-~]+", url) or len(url) > LONGEST_URL:
        return f"must be an address of at most {LONGEST_URL} characters without spaces"
    if parts.scheme != "https":
        return "must begin with https://, which is all that Teams opens"
    if parts.username is not None:
        return "must not hold a user name or password"
    if _is_local(host):
        return f"must be reachable from users' devices; {host} is this machine or this network alone"
    return None if _HOST.fullmatch(host) else "must hold the name of a host, such as assistant.example.com"


def domain_problem(domain: str) -> str | None:
    """What is wrong with an entry of ``validDomains``, or with a domain whose links are previewed."""
    name = re.sub(r":\d{1,5}$", "", domain.lower())
    if "/" in name:
        return "must be the name of a host alone: leave out https:// and everything after the name"
    own = re.sub(r"^(\*\.)+", "", name)
    if "*" in own:
        return "may have * only for whole parts at its beginning, such as *.example.com"
    if _is_local(own):
        return "is a name of this machine or network alone: take the name that users' devices reach"
    if not _HOST.fullmatch(own):
        return "must be the name of a host with its domain, such as assistant.example.com"
    return _foreign(name, own)


def covers(domain: str, host: str) -> bool:
    """Whether an entry of ``validDomains`` lets Teams open the host: ``*`` stands for exactly one part of a name."""
    parts, wanted = re.sub(r":\d{1,5}$", "", domain.lower()).split("."), host.lower().split(".")
    return len(parts) == len(wanted) and all(a in {"*", b} for a, b in zip(parts, wanted, strict=True))


def _foreign(name: str, own: str) -> str | None:
    if own in _SIGN_ON:
        return "is a sign-on page of somebody else, which Teams opens without this: leave it out"
    if name != own and own in _SHARED:
        return "covers names that belong to others: name your own host in full"
    return None


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(_LOCAL)
