"""Station Message Detail Recording (SMDR): how a MiVoice Business tells of calls, one line of text when each has ended.

- ``lines``   bytes to lines of bounded length.
- ``layouts`` where the fields stand in a line, for each layout that the PBX can be set to.
- ``parser``  a line to a record, as it stands there.
- ``times``   the moment that a record means: it has no year and no time zone.
- ``calls``   a record to the call records of the extensions that took part.
- ``repeats`` ids that stay the same when the PBX sends a line again.
- ``side``    the PBX side: connect, read, connect again.

In come lines from the PBX's TCP port 1752 and the extensions that CloudLink wants; out go ``cloudlink.uplink`` facts.
Nothing is ever sent to the PBX. SMDR tells nothing before a call has ended, so an extension's line state is unknown.
A new layout belongs in ``layouts``; a new meaning of a field in ``calls``.

A line that was read is not asked for again, since the protocol has no acknowledgement: those that a gateway had read
and not yet put in its spool when it was killed come again only when the PBX sends them again.
"""
