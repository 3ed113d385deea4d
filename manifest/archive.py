"""A package that somebody has edited by hand, from its zip to its files."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

from manifest.check import PackageRefused

if TYPE_CHECKING:
    from pathlib import Path

MOST_FILES = 200
LARGEST_FILE = 4 * 2**20


def read_package(path: Path) -> dict[str, bytes]:
    """Its files by name. Raises ``PackageRefused`` for what is no zip, or one that nobody should unpack."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
            if len(names) > MOST_FILES:
                raise _refused(path, f"holds {len(names)} files. A package holds a manifest, icons and languages alone")
            return {name: _read(path, archive, name) for name in names}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError):
        raise _refused(path, "is no zip file, or a broken one. Zip manifest.json, icons and languages anew") from None
    except RuntimeError:
        raise _refused(path, "has a password. Zip the files without one") from None
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}") from None


def _read(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise _refused(path, f"holds {name}, which is larger than a package may be. Take it out")
    return content


def _refused(path: Path, problem: str) -> PackageRefused:
    return PackageRefused([f"{path.name}: {problem}."])
