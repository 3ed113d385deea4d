"""What a test may spoil on the wire. All are off at first, and may be changed while clients are connected."""

from dataclasses import dataclass, field

from simulator.switch import EventName


@dataclass(slots=True)
class Faults:
    """The faults of switches and networks that a client must survive."""

    answer_delay: float = 0.0
    """Seconds of the timeline before a request is carried out and answered."""
    silent_services: set[str] = field(default_factory=set)
    """Requests that are never answered, by service name."""
    segment_octets: int = 0
    """Cut what is sent into segments of this many octets; 0 sends each frame whole."""
    hold_back: bool = False
    """Keep all frames back; when it is off again, the next frame takes them along in one segment."""
    lost_events: set[EventName] = field(default_factory=set)
    """The next event of each of these names is not sent, to no monitor; then the fault is over."""
    cut_next_frame: bool = False
    """Send half of the next frame, then close that client's connection."""
    omit_call_ids: bool = False
    """Leave ``callID`` out of every connection id in events, which the standard allows."""

    def loses(self, name: EventName) -> bool:
        """Whether this event is to be lost; each is lost once."""
        if name not in self.lost_events:
            return False
        self.lost_events.remove(name)
        return True
