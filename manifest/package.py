"""Builds the zip."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from manifest.check import PackageRefused, problems_in, problems_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from manifest.settings import PackageSettings

_FOLDER = Path(__file__).parent
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
# The earliest moment that a zip can hold: the same settings give the same bytes on any day.
_MOMENT = (1980, 1, 1, 0, 0, 0)


def build_package(settings: PackageSettings) -> bytes:
    """The zip: manifest, icons and languages, all at its root. Raises ``PackageRefused``."""
    if problems := list(problems_of(settings)):
        raise PackageRefused(problems)
    manifest = _filled(_FOLDER / "manifest.json", settings)
    languages = {path.name: _filled(path, settings) for path in sorted((_FOLDER / "languages").glob("*.json"))}
    icons = {path.name: path.read_bytes() for path in sorted(_FOLDER.glob("*.png"))}
    files = {"manifest.json": _json(manifest), **icons, **{name: _json(text) for name, text in languages.items()}}
    if problems := list(problems_in(files)):
        raise PackageRefused(problems)
    return _zip(files)


def _filled(template: Path, settings: PackageSettings) -> dict[str, Any]:
    values = {name: getattr(settings, name) for name in (*settings.__dataclass_fields__, "host", "application_id_uri")}
    # Values go into texts of parsed JSON, so that a quotation mark in a name stays a quotation mark.
    filled: dict[str, Any] = json.loads(
        template.read_text("utf-8"), object_hook=lambda each: {key: _fill(value, values) for key, value in each.items()}
    )
    return filled


def _fill(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: values[found[1]], value)
    return [_fill(each, values) for each in value] if isinstance(value, list) else value


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # The same byte on Windows.
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
