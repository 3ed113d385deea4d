"""A call that is over, as the Media API has it.

===============  ===========================================================================================
Media API        from CSTA
===============  ===========================================================================================
``direction``    outbound when ``callingDevice`` is the extension; without one, when the call began with
                 ServiceInitiated, Originated, NetworkReached or somebody else's Established; else inbound
``state``        ``completed``, as of every record. Of the line: initiated, connected and queued are
                 ``connected``; else alerting is ``ringing``; else hold is ``held``; null and fail are ``idle``;
                 OutOfService is ``outOfService``; without a link to the PBX ``unknown``
``completed``    Established: the extension's own for an inbound call, the other side's for an outbound one; or
                 Held, Retrieved, Conferenced, Transfered, or a snapshot with both sides connected
``createdOn``    the first event
``ringTime``     seconds that it rang: here for an inbound call, there for an outbound one, until the answer or
                 the end. 0 where the PBX tells no Delivered, as for a number outside
``billingTime``  seconds from the answer to this extension's own end, those on hold among them
``endTime``      the extension's own end; the last sign of life when nobody heard the end
``cause``        of the first Failed, Diverted, Transfered or ConnectionCleared that explains something
                 (``causes``); ``redirected`` for a call that somebody else answered; without a cause, an
                 unanswered call is ``callNotAnswer`` inbound, ``callCancelled`` outbound
``from``, ``to`` ``callingDevice``, ``calledDevice`` as first told: whom it was for, not who took it in the end
===============  ===========================================================================================

``extraPbxData`` holds, where there is something to tell: ``callId`` (the switch's, reused soon), ``cause`` (CSTA's),
``lastRedirectionDevice``, ``newDestination`` (where it was diverted to), ``answeredBy`` (who took a call that rang
here too), ``beginSeen`` and ``endSeen`` (false: it began, or ended, while no events came; its times are the bounds
that are known). Who answered for a group is known only from a PBX that tells an extension that rang of Established at
another, or names the picker as ``newDestination``; the causes callPickup and multipleAlerting tell that somebody did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudlink.model import Call, Cause, Direction
from gateway.calls.parties import is_e164
from gateway.calls.states import line_state

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.calls.leg import Leg

_UNEXPLAINED = frozenset({None, Cause.CALL_NOT_ANSWER, Cause.CALL_CANCELLED})


def record(leg: Leg, at: datetime, *, end_seen: bool) -> Call:
    """The record of a call that ended at ``at``."""
    leg.stop_ringing(at)
    source, target = _ends(leg)
    return Call(
        call_id=leg.call_id,
        direction=leg.direction,
        created_on=leg.began,
        from_=source,
        from_number_e164=is_e164(source),
        from_name=leg.calling.name,
        to=target,
        to_number_e164=is_e164(target),
        to_name=leg.called.name,
        cause=_cause(leg),
        end_time=at,
        completed=leg.answered_at is not None,
        ring_time=round(leg.ring_time, 3),
        billing_time=round((at - leg.answered_at).total_seconds(), 3) if leg.answered_at else 0.0,
        extra_pbx_data=_extra(leg, end_seen=end_seen),
    )


def in_being(leg: Leg) -> Call:
    """The call as it is now."""
    source, target = _ends(leg)
    return Call(
        call_id=leg.call_id,
        direction=leg.direction,
        created_on=leg.began,
        from_=source,
        from_number_e164=is_e164(source),
        from_name=leg.calling.name,
        to=target,
        to_number_e164=is_e164(target),
        to_name=leg.called.name,
        state=line_state([leg.state]),
        cause=leg.cause or Cause.NEW_CALL,
    )


def _ends(leg: Leg) -> tuple[str | None, str | None]:
    """Who calls, and who is called."""
    inbound = leg.direction is Direction.INBOUND
    source = leg.calling.number or (None if inbound else leg.extension)
    target = leg.called.number or (leg.extension if inbound else None)
    return source, target


def _cause(leg: Leg) -> Cause | None:
    if leg.answered_at is not None:
        return leg.cause
    if leg.taken_by.number is not None and leg.cause in _UNEXPLAINED:
        return Cause.REDIRECTED
    if leg.cause is not None:
        return leg.cause
    return Cause.CALL_NOT_ANSWER if leg.direction is Direction.INBOUND else Cause.CALL_CANCELLED


def _extra(leg: Leg, *, end_seen: bool) -> dict[str, Any]:
    told = {
        "callId": leg.call,
        "cause": leg.csta_cause,
        "lastRedirectionDevice": leg.redirected_by.number,
        "newDestination": leg.moved_to.number,
        "answeredBy": leg.taken_by.number if leg.answered_at is None else None,
        "beginSeen": None if leg.begin_seen else False,
        "endSeen": None if end_seen else False,
    }
    return {key: value for key, value in told.items() if value is not None}
