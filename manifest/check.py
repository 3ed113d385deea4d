"""What Teams would refuse, found before the upload and told by setting or file, with what to do.

What Microsoft's schema says of each part is not repeated: its limits for texts are, and what it cannot say, from the
documentation of app packages and of app validation: addresses that only this machine reaches, ids that do not agree,
icons, files that are named and missing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from manifest.addresses import url_problem
from manifest.document import document_problems, is_guid, is_version, shape_problems
from manifest.icons import ICON_SIZES, icon_problem
from manifest.texts import OTHERS, TRANSLATED, language_problems, own_problems, repeated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from manifest.settings import PackageSettings

_MANIFEST = "manifest.json"
_UNSET = "is not set"
_IDS = {
    "app_id": "Make one, once, by `python -c 'import uuid; print(uuid.uuid4())'`, and keep it",
    "bot_id": "In the Azure portal it is the Application (client) ID of the bot's registration",
}
_NAMES = {"name": TRANSLATED["name.short"], "developer_name": OTHERS["developer.name"]}
_URLS = {
    "public_url": "It is where this server is reached from outside",
    "website_url": "It is a page about you, such as your company's site",
    "privacy_url": "It is the page with your privacy statement",
    "terms_url": "It is the page with your terms of use",
}


class PackageRefused(ValueError):
    """Teams would refuse the package. ``problems`` are sentences, each of which begins with the setting or file."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def problems_of(settings: PackageSettings) -> Iterator[str]:
    """A sentence for each setting that Teams would refuse."""
    for name, where in _IDS.items():
        if not is_guid(value := getattr(settings, name)):
            rule = "must be a GUID such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301" if value else _UNSET
            yield f"{name}: {rule}. {where}."
    for name, longest in _NAMES.items():
        if not 0 < len(getattr(settings, name).strip()) <= longest:
            yield f"{name}: must have 1 to {longest} characters."
    if not is_version(settings.version):
        yield "version: must be three numbers such as 1.0.0. Raise it with each upload."
    for name, where in _URLS.items():
        value = getattr(settings, name)
        if problem := url_problem(value) if value else _UNSET:
            yield f"{name}: {problem}. {where}."


def problems_in(files: Mapping[str, bytes]) -> Iterator[str]:
    """A sentence for each fault of a package's contents, by file name."""
    if _MANIFEST not in files:
        yield _no_manifest(files)
        return
    try:
        manifest = _parsed(files[_MANIFEST])
    except ValueError as error:
        yield f"{_MANIFEST}: {error}."
        return
    if problems := list(shape_problems(manifest)):
        yield from (f"{_MANIFEST}: {problem}." for problem in problems)
        return
    for problem in (*document_problems(manifest), *own_problems(manifest)):
        yield f"{_MANIFEST}: {problem}."
    yield from _icons(files, manifest)
    yield from _languages(files, manifest)


def _no_manifest(files: Mapping[str, bytes]) -> str:
    inner = next((name for name in files if name.endswith(f"/{_MANIFEST}") and not name.startswith("__MACOSX/")), None)
    if inner is None:
        return f"{_MANIFEST}: is not in the package. It must be called exactly so."
    folder = inner.removesuffix(f"/{_MANIFEST}")
    return f"{_MANIFEST}: is in the folder {folder}. Zip the files themselves, not the folder around them."


def _parsed(content: bytes) -> dict[str, Any]:
    """Raises ``ValueError`` with what is wrong."""
    try:
        parsed = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("is not in UTF-8. Save it anew in that encoding") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"is no JSON: {error.msg}, {where}. Look there for a comma or quotation mark") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    if not isinstance(parsed, dict):
        raise ValueError("must be an object in braces")  # noqa: TRY004 - it is the file's content that is wrong
    return parsed


def _icons(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Iterator[str]:
    for kind in ICON_SIZES:
        name = manifest["icons"][kind]
        if name not in files:
            yield f"{name}: the {kind} icon is not in the package. Add it, or name the file that is in manifest.json."
        elif problem := icon_problem(kind, files[name]):
            yield f"{name}: {problem}."


def _languages(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Iterator[str]:
    info = manifest.get("localizationInfo", {})
    listed = info.get("additionalLanguages", [])
    languages = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    tags = [str(each.get("languageTag", "")).lower() for each in languages]
    if info and not isinstance(info.get("defaultLanguageTag"), str):
        yield f"{_MANIFEST}: localizationInfo.defaultLanguageTag is missing. Write it, such as en."
    for tag in repeated([str(info.get("defaultLanguageTag", "")).lower(), *tags]):
        yield f"{_MANIFEST}: localizationInfo names the language {tag} more than once. Keep one."
    for each, tag in zip(languages, tags, strict=True):
        yield from _language(files, manifest, str(each.get("file", "")), tag)


def _language(files: Mapping[str, bytes], manifest: Mapping[str, Any], name: str, tag: str) -> Iterator[str]:
    if name not in files:
        yield f"{name or _MANIFEST}: the file of the language {tag} is not in the package. Add it, or leave {tag} out."
        return
    try:
        sentences = _parsed(files[name])
    except ValueError as error:
        yield f"{name}: {error}."
        return
    yield from (f"{name}: {problem}." for problem in language_problems(sentences, manifest))
