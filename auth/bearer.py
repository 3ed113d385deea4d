"""Reading a bearer and the header of a token, before anything of it is believed."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode

# Tokens of the Connector have 1 to 2 KB, those of Entra ID for a person in many groups a little more.
LONGEST_TOKEN = 8 * 1024


class NoBearer(ValueError):
    """There is none."""


class Malformed(ValueError):
    """What is no token of a kind that we accept; the text quotes nothing of it."""


def bearer_of(authorization: str | None) -> str:
    """The token of an ``Authorization`` header. Raises ``NoBearer``, ``Malformed``."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NoBearer("no bearer")
    return checked(token)


def checked(token: str) -> str:
    """The token, when its size and its characters are those of one. Raises ``Malformed``."""
    if len(token) > LONGEST_TOKEN or not token.isascii():
        raise Malformed("too long, or not ASCII")
    return token


def key_id_of(token: str) -> str:
    """Which key the token claims; believed only after PyJWT has verified the token with that key.

    Read here, since PyJWT parses the whole token for it, which costs as much as verifying it. The algorithm is asked
    before the keys are, so that no unsigned token makes us fetch them. Raises ``Malformed``.
    """
    head = token.partition(".")[0]
    try:
        header = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        raise Malformed("no JSON header") from None
    key_id = header.get("kid") if isinstance(header, dict) and header.get("alg") == "RS256" else None
    if not isinstance(key_id, str):
        raise Malformed("not signed with RS256 and a key id")
    return key_id
