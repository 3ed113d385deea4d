"""Which version of MiCollab what one does asks for, as Mitel's document "Solution MS Teams" states it (2023)."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,5}", re.ASCII)


class BadVersion(ValueError):
    """Not a version: numbers with points between them."""


class Need(StrEnum):
    """What asks for a version."""

    TELEPHONY_ONLY = "telephonyOnly"  # the profile of MiCollab PC Client that telephones and does nothing else
    CALL_LOG_WITH_BUSINESS = "callLogWithBusiness"  # calling from the call log, with a MiVoice Business
    IOS = "ios"  # MiCollab's own link, without which nothing dials on an iPhone or iPad


MINIMUM = {Need.TELEPHONY_ONLY: "9.6", Need.CALL_LOG_WITH_BUSINESS: "9.7", Need.IOS: "9.7.10"}


def check_version(text: str) -> None:
    """Raises ``BadVersion`` unless it is empty, for not known, or a version such as ``9.7.10``."""
    if text and not _VERSION.fullmatch(text):
        raise BadVersion("must be numbers with points between them, such as 9.7.10")


def unmet(version: str, needs: Iterable[Need]) -> Sequence[Need]:
    """The needs for which the version is too old, in their order; none when it is not known."""
    if not _VERSION.fullmatch(version):
        return ()
    return tuple(need for need in needs if _older(version, MINIMUM[need]))


def _older(version: str, minimum: str) -> bool:
    """Part by part: 9.7 is 9.7.0, and 9.10 is newer than 9.7."""
    parts = zip_longest(*([int(part) for part in each.split(".")] for each in (version, minimum)), fillvalue=0)
    return next((ours < theirs for ours, theirs in parts if ours != theirs), False)
