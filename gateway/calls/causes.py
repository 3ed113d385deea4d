"""Causes: CSTA has 120 and grows with every edition, the Media API has 17.

The table is the meaning of the words in both standards; the CSTA cause itself stays in ``extraPbxData``.
"""

from __future__ import annotations

from cloudlink.model import Cause

_NEAREST = {
    "busy": Cause.BUSY,
    "callBack": Cause.CALL_BACK,
    "callCancelled": Cause.CALL_CANCELLED,
    "callForward": Cause.CALL_FORWARD,
    "callForwardImmediate": Cause.CALL_FORWARD_ALWAYS,
    "callForwardBusy": Cause.CALL_FORWARD_BUSY,
    "callForwardNoAnswer": Cause.CALL_FORWARD_NO_ANSWER,
    "callNotAnswered": Cause.CALL_NOT_ANSWER,
    "callPickup": Cause.REDIRECTED,
    "destNotObtainable": Cause.DEST_NOT_OBTAINABLE,
    "destOutOfOrder": Cause.DEST_NOT_OBTAINABLE,
    "numberUnallocated": Cause.DEST_NOT_OBTAINABLE,
    "doNotDisturb": Cause.DO_NOT_DISTURB,
    "incompatibleDestination": Cause.INCOMPATIBLE_DESTINATION,
    "multipleAlerting": Cause.REDIRECTED,
    "networkCongestion": Cause.NETWORK_CONGESTION,
    "networkNotObtainable": Cause.NETWORK_NOT_OBTAINABLE,
    "noAvailableAgents": Cause.RESOURCES_NOT_AVAILABLE,
    "overflow": Cause.REDIRECTED,
    "redirected": Cause.REDIRECTED,
    "resourcesNotAvailable": Cause.RESOURCES_NOT_AVAILABLE,
    "singleStepTransfer": Cause.TRANSFER,
    "transfer": Cause.TRANSFER,
    "trunksBusy": Cause.RESOURCES_NOT_AVAILABLE,
}

ELSEWHERE = frozenset({"callPickup", "multipleAlerting"})
"""Causes of an end that tell that somebody else has the call."""


def nearest_cause(csta_cause: str | None) -> Cause | None:
    """The Media API's cause for a CSTA cause that explains an end; ``None`` for one that explains nothing (normal)."""
    return _NEAREST.get(csta_cause) if csta_cause else None
