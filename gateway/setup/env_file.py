"""A file of settings that systemd (``EnvironmentFile``), a shell-less container and ``.env`` readers read alike."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PLAIN = re.compile(r"[\w.,:/@%+=\-]*")
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(\w+)\s*=")


class EnvFileError(Exception):
    """It cannot be written so; the text is a sentence for the operator."""


def update(path: Path, values: Mapping[str, str]) -> None:
    """Puts the variables into the file, in place of those it has; an empty value takes one out.

    The file is replaced whole or not at all, and never readable by others, not even for a moment. Raises
    ``EnvFileError``.
    """
    kept = [line for line in _lines(path) if _name(line) not in values]
    new = [f"{name}={_quoted(name, value)}" for name, value in values.items() if value]
    _replace(path, "\n".join([*kept, *new]) + "\n")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise EnvFileError(f"{path} cannot be read: {error}") from None


def _name(line: str) -> str:
    found = _ASSIGNMENT.match(line)
    return found[1] if found else ""


def _quoted(name: str, value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    # The readers differ in what they make of these, whatever quotes stand around them.
    if any(character in value for character in "'\\\n\r\0") or "${" in value:
        raise EnvFileError(f"{name} has a quote, a backslash, a line break or ${{ in it, which the file cannot hold")
    return f"'{value}'"


def _replace(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise EnvFileError(f"{path} cannot be written: {error.strerror}") from None
