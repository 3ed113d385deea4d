"""MiVoice MX-ONE.

CSTA III in XML on port 8882, by TLS on 8883 (CPI "IP Protocols and Ports", 7.8 SP1). It has application session
services (ECMA-354) by which it knows the application; the form of the credentials is not published, and neither is the
edition: the session's opening lets it choose.
"""

from gateway.pbx.profile import ANY_EDITION, PbxProfile

MX_ONE = PbxProfile(
    name="mxone",
    title="MiVoice MX-ONE",
    users=5_000,
    bhcc=15_000,
    port=8882,
    tls_port=8883,
    editions=ANY_EDITION,
    session=True,
    device="{extension}",
)
