"""A zip from anywhere is read, or refused in words, and never unpacked beyond bounds."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from manifest.archive import LARGEST_FILE, MOST_FILES, read_package
from manifest.check import PackageRefused
from manifest.package import build_package
from tests.manifest.test_package import SETTINGS, contents

if TYPE_CHECKING:
    from pathlib import Path


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def locked() -> bytes:
    """The flag of a password (APPNOTE.TXT, 4.4.4) set in both headers of the one file."""
    plain = bytearray(packed({"manifest.json": b"{}"}))
    plain[plain.index(b"PK\x03\x04") + 6] |= 1
    plain[plain.index(b"PK\x01\x02") + 8] |= 1
    return bytes(plain)


def test_a_package_is_read_as_it_was_built(tmp_path: Path) -> None:
    (tmp_path / "ours.zip").write_bytes(build_package(SETTINGS))
    assert read_package(tmp_path / "ours.zip") == contents(build_package(SETTINGS))


def test_folders_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "folder.zip").write_bytes(packed({"package/": b"", "package/manifest.json": b"{}"}))
    assert read_package(tmp_path / "folder.zip") == {"package/manifest.json": b"{}"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no zip file"),
        (b"{}", "is no zip file"),
        (build_package(SETTINGS)[:-40], "is no zip file"),
        (locked(), "has a password"),
        (packed({"bomb.json": bytes(LARGEST_FILE + 1)}), "holds bomb.json, which is larger"),
        (packed({f"{n}.json": b"" for n in range(MOST_FILES + 1)}), "holds 201 files"),
    ],
)
def test_what_is_no_package_is_told_by_its_name(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "their.zip").write_bytes(content)
    with pytest.raises(PackageRefused) as refused:
        read_package(tmp_path / "their.zip")
    assert refused.value.problems[0].startswith(f"their.zip: {told}")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PackageRefused, match=r"absent\.zip: cannot be read: No such file"):
        read_package(tmp_path / "absent.zip")
