"""What goes wrong between us and a PBX, by cause."""

from __future__ import annotations


class CstaError(Exception):
    """Anything that a CSTA connection can raise."""


class LinkLost(CstaError):
    """The connection is of no more use; a new one may be."""


class FramingError(LinkLost):
    """Octets that are no frame. What follows cannot be told apart any more, so the connection has to go."""


class BadVersion(FramingError):
    """The first two octets are not zero."""


class BadLength(FramingError):
    """A length below that of the header itself, or more to send than a length can tell."""


class BadInvokeId(FramingError):
    """The invoke identifier is not four ASCII digits."""


class ClosedInFrame(FramingError):
    """The peer closed before a frame was complete."""


class BadMessage(CstaError):
    """A frame whose content is not a message that we can read; the frames after it still are."""


class Refused(CstaError):
    """The PBX answered ``CSTAErrorCode``. ``category`` is its child element, ``value`` that element's text."""

    def __init__(self, category: str, value: str) -> None:
        super().__init__(f"{category}: {value}" if value else category)
        self.category = category
        self.value = value


class SessionRefused(LinkLost):
    """The PBX does not open or keep our application session; the text is its reason."""


class SessionLost(LinkLost):
    """The PBX has ended our application session; on the same connection another one may be opened."""


class ServiceNotOffered(CstaError):
    """The PBX does not have the service, so it was not asked."""


class NoAnswer(CstaError):
    """The PBX did not answer a request in time."""


class UnexpectedAnswer(CstaError):
    """The PBX answered a request with a message that is no answer to it."""
