"""Small pictures of each kind, as Chromium writes them."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode

from cloudlink.administration.reports import Picture


def png(width: int = 12, height: int = 8) -> bytes:
    """A blue one."""
    rows = (b"\0" + b"\x0f\x54\x8c" * width) * height
    return png_of((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)))


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    """With these chunks before the end, each under its right checksum."""
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (*chunks, (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


PNG = png()
PICTURE = Picture("image/png", PNG)
JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j"
    "q62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk"
    "pKSkpKSkpKT/wAARCAAIAAwDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QA"
    "FAEBAAAAAAAAAAAAAAAAAAAABP/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/AJwBYj//2Q=="
)
# Lossy, lossless, and extended with one lossy chunk.
WEBP = b64decode("UklGRjIAAABXRUJQVlA4ICYAAACQAQCdASoMAAgABABoJaACdLoAA5gA/uxw3xbFIbmfELvYwoAAAA==")
WEBP_LOSSLESS = b64decode("UklGRiIAAABXRUJQVlA4TBYAAAAvC8ABEA8QEfMfQiCQZLY/2QoR/Y8M")
WEBP_EXTENDED = b64decode(
    "UklGRkQAAABXRUJQVlA4WAoAAAAAAAAACwAABwAAVlA4ICYAAACQAQCdASoMAAgABABoJaACdLoAA5gA/uxw3xbFIbmfELvYwoAAAA=="
)
