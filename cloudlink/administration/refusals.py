"""Why a change is not made. A reader of each writes its own sentence from ``reason`` and ``field``."""

from __future__ import annotations

from enum import StrEnum

from cloudlink.port import CloudLinkError


class Reason(StrEnum):
    """The cause of a refusal, for people and for programs."""

    REQUIRED = "required"
    TOO_LONG = "tooLong"
    NOT_AN_EMAIL = "notAnEmail"
    NOT_A_NUMBER = "notANumber"
    BAD_CHARACTER = "badCharacter"  # a control character, a line break, or one that turns the direction of writing
    UNKNOWN_VALUE = "unknownValue"
    IN_USE = "inUse"
    TWICE_IN_FILE = "twiceInFile"
    TOO_FEW_FIELDS = "tooFewFields"
    TOO_MANY_FIELDS = "tooManyFields"
    LAST_ADMINISTRATOR = "lastAdministrator"
    ROLE_LIMIT = "roleLimit"
    PBX_NEEDS_NO_ROLE = "pbxNeedsNoRole"
    ACCOUNT_IS_ACTIVE = "accountIsActive"
    NOT_EXPORTED = "notExported"
    PARTNER_ACCOUNT = "partnerAccount"
    SYNCHRONISED = "synchronised"
    STATE = "state"
    TOO_MANY = "tooMany"
    NO_CERTIFICATE = "noCertificate"
    KEY_OF_ANOTHER = "keyOfAnother"
    KEY_LOCKED = "keyLocked"
    KEY_TOO_WEAK = "keyTooWeak"
    CERTIFICATE_OUT_OF_TIME = "certificateOutOfTime"


class NotAllowed(CloudLinkError):
    """The actor sees the thing, but their role may not do this with it."""


class Refused(CloudLinkError):
    """The change cannot be made. ``field`` is what it is about, in the model's spelling; empty for the whole."""

    def __init__(self, reason: Reason, field: str = "", text: str = "") -> None:
        super().__init__(text or f"{field}: {reason}" if field else text or reason)
        self.reason = reason
        self.field = field
