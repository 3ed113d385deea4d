"""The call model of ECMA-269: devices, trunks, calls, and the events that each change of a call brings.

Pure and synchronous: no sockets, no XML, no clock. In come the acts of people and of the network (``Switch.answer``),
out go events to its listeners. It imports nothing of ours. A new act is a method of ``Switch`` (a function of
``joining`` when a second call or party is involved); where a call goes is in ``routing``; a new event is a name in
``events``; a new state or party detail belongs in ``calls``; what every act needs (ids, trunks, telling listeners) is
in ``registry``.
"""

from simulator.switch.calls import Call, ConnectionId, Forwarding, Group, GroupKind, Leg, Party, Refused, State
from simulator.switch.events import CallEvent, Event, EventName, FeatureEvent, Joined
from simulator.switch.joining import conference, transfer, transfer_blind
from simulator.switch.registry import TrunksBusy
from simulator.switch.switch import Switch

__all__ = [
    "Call",
    "CallEvent",
    "ConnectionId",
    "Event",
    "EventName",
    "FeatureEvent",
    "Forwarding",
    "Group",
    "GroupKind",
    "Joined",
    "Leg",
    "Party",
    "Refused",
    "State",
    "Switch",
    "TrunksBusy",
    "conference",
    "transfer",
    "transfer_blind",
]
