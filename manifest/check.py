"""What Teams would refuse, found before the upload and told by setting.

Limits are those of Microsoft's schema, version 1.9. What the schema cannot say (an address that only this machine
reaches, icons, files that are named and missing) is from the documentation of app packages and of app validation.
"""

from __future__ import annotations

import re
import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from manifest.settings import PackageSettings

LONGEST_NAME = 30
LONGEST_DEVELOPER_NAME = 32
LONGEST_URL = 2048
ICON_SIZES = {"color": (192, 192), "outline": (32, 32)}

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LOCAL = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
_KEY = re.compile(r"(\w+)|\[(\d+)\]")


class PackageRefused(ValueError):
    """Teams would refuse the package. ``problems`` are sentences, each of which begins with the setting or file."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def problems_of(settings: PackageSettings) -> Iterator[str]:
    """A sentence for each setting that Teams would refuse."""
    for name in ("app_id", "bot_id"):
        if not _is_guid(getattr(settings, name)):
            yield f"{name}: must be a GUID other than zero, such as 00000000-0000-4000-8000-000000000001"
    for name, longest in (("name", LONGEST_NAME), ("developer_name", LONGEST_DEVELOPER_NAME)):
        if not 0 < len(getattr(settings, name).strip()) <= longest:
            yield f"{name}: must have 1 to {longest} characters"
    if not _VERSION.fullmatch(settings.version):
        yield "version: must be three numbers such as 1.0.0"
    for name in ("public_url", "website_url", "privacy_url", "terms_url"):
        if problem := _url_problem(getattr(settings, name)):
            yield f"{name}: {problem}"


def problems_in(files: Mapping[str, bytes], manifest: Mapping[str, Any], languages: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each fault of the package's contents: ``languages`` are the parsed files of other languages."""
    for kind, name in manifest["icons"].items():
        if name not in files:
            yield f"{name}: the {kind} icon is not there"
        elif _png_size(files[name]) != ICON_SIZES[kind]:
            yield f"{name}: the {kind} icon must be a PNG of {ICON_SIZES[kind][0]} by {ICON_SIZES[kind][1]} pixels"
    for language in manifest["localizationInfo"]["additionalLanguages"]:
        if language["file"] not in languages:
            yield f"{language['file']}: the file of the language {language['languageTag']} is not there"
    for name, sentences in languages.items():
        yield from (f"{name}: {key} is not in the manifest" for key in _strangers(sentences, manifest))


def _is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower() and UUID(text).int != 0
    except ValueError:
        return False


def _url_problem(url: str) -> str | None:
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


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(_LOCAL)


def _png_size(image: bytes) -> tuple[int, int] | None:
    """Width and height from the header chunk (PNG, 11.2.1)."""
    if len(image) < 24 or image[:8] != b"\x89PNG\r\n\x1a\n" or image[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", image[16:24])
    return width, height


def _strangers(sentences: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[str]:
    """Keys that name nothing: Teams refuses the whole package for one of them."""
    for key in sentences:
        if key != "$schema" and not _names_text(key, manifest):
            yield key


def _names_text(key: str, manifest: Any) -> bool:
    value = manifest
    for name, index in _KEY.findall(key):
        try:
            value = value[name] if name else value[int(index)]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(value, str)
