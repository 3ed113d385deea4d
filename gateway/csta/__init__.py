"""CSTA III in XML over TCP, "without SOAP": ECMA-323 messages, ECMA-354 sessions.

- ``framing``  bytes to frames and back: an eight-octet header, then one XML document.
- ``devices``  device identifiers, which are structured text (``N<123!98>Name``).
- ``messages`` what is understood, as frozen dataclasses.
- ``elements`` reading XML safely and by local names; the parts that many messages share.
- ``events``, ``snapshots`` reading the messages that calls come from.
- ``parser``   XML to messages, of any edition and with any prefix.
- ``writer``   requests and answers to XML, in the edition that the PBX uses.
- ``client``   one connection: requests and their answers, and the PBX's own requests.
- ``asking``   requests with note of who answers, and of services that the PBX turns out not to have.
- ``session``  the application session, the registration, and signs of life.
- ``errors``   what goes wrong, by cause.

In come bytes and requests; out go messages. Nothing here knows what a call record is. A new message needs a dataclass
in ``messages``, its elements in one of the readers or a function in ``writer``.
"""
