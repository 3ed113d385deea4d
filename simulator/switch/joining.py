"""Acts that make one call of two: transfer after consultation, and conference; and transfer in a single step.

When two become one, the surviving call keeps the id of the held one, so the consulted party's connection changes its
call id: what a client must learn from ``transferredConnections`` or ``conferenceConnections``.
"""

from simulator.switch.calls import Call, ConnectionId, Party, Refused, State
from simulator.switch.events import EventName, Joined
from simulator.switch.registry import Registry
from simulator.switch.routing import Router


def transfer(registry: Registry, device: str, held: Call, active: Call) -> None:
    """``device`` connects the party it holds with the one it has consulted (or who still rings), and leaves.

    Raises ``Refused`` when one call is not held, or the other has nobody to transfer to.
    """
    consulted = _consulted(device, held, active, {State.CONNECTED, State.ALERTING})
    leaving = held.leg(device)
    registry.remove(held, leaving)
    if held.calling == leaving.party:
        held.calling = consulted
    held.redirected_by = leaving.party
    _become_one(registry, EventName.TRANSFERED, leaving.party, consulted, held=held, active=active)


def conference(registry: Registry, device: str, held: Call, active: Call) -> None:
    """``device`` speaks with both. Raises ``Refused`` unless one is held and the other has answered."""
    consulted = _consulted(device, held, active, {State.CONNECTED})
    staying = held.leg(device)
    staying.state = State.CONNECTED
    _become_one(registry, EventName.CONFERENCED, staying.party, consulted, held=held, active=active)


def transfer_blind(router: Router, device: str, call: Call, digits: str) -> None:
    """``device`` leaves and sends the others on to a number, without a second call: the single-step transfer.

    Raises ``Refused`` unless it speaks with somebody.
    """
    leaving = call.leg(device)
    others = [leg.party for leg in call.others(device) if leg.state is State.CONNECTED]
    if leaving.state is not State.CONNECTED or not others or len(others) < len(call.legs) - 1:
        raise Refused("stateIncompatibility", "invalidConnectionState")
    if digits in call.legs:
        raise Refused("operation", "invalidCalledDeviceID")
    target = router.known(digits)
    router.remove(call, leaving)
    if call.calling == leaving.party:
        call.calling, call.called = others[0], target
    call.redirected_by = leaving.party
    router.happened(
        EventName.TRANSFERED,
        call,
        leaving.party,
        "singleStepTransfer",
        also={device: State.NULL},
        other=target,
        joined=tuple(Joined(party, call.connection(party), call.connection(party)) for party in others),
    )
    router.reach(call, digits, "singleStepTransfer")


def _consulted(device: str, held: Call, active: Call, allowed: set[State]) -> Party:
    others = list(active.others(device))
    overlap = held.legs.keys() & active.legs.keys() != {device}
    if held.leg(device).state is not State.HOLD:
        raise Refused("stateIncompatibility", "noHeldCall")
    if active.leg(device).state is not State.CONNECTED or overlap or not others:
        raise Refused("stateIncompatibility", "invalidConnectionState")
    if not {leg.state for leg in others} <= allowed:
        raise Refused("stateIncompatibility", "invalidConnectionState")
    return others[0].party


def _become_one(
    registry: Registry, name: EventName, joiner: Party, consulted: Party, *, held: Call, active: Call
) -> None:
    joined = [Joined(leg.party, held.connection(leg.party), held.connection(leg.party)) for leg in held.legs.values()]
    for leg in list(active.others(joiner.device)):
        joined.append(Joined(leg.party, active.connection(leg.party), held.connection(leg.party)))
        registry.move(leg, active, held)
    registry.happened(
        name,
        held,
        joiner,
        "transfer" if name is EventName.TRANSFERED else "conference",
        also={} if joiner.device in held.legs else {joiner.device: State.NULL},
        other=consulted,
        secondary=ConnectionId(active.id, joiner.device),
        joined=tuple(joined),
    )
    registry.close(active)
