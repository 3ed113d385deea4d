"""MiVoice 5000.

CSTA on port 3211 by default, 3212 and 3213 as load grows (MS Teams Solution Guide, "CSTA settings" of a PBX node in
MiCollab). Edition, login and the port for a gateway are not published: edition and login are what the settings say,
and an extension goes as a plain number, the one form that every edition takes.
"""

from gateway.pbx.profile import ANY_EDITION, PbxProfile

MIVOICE_5000 = PbxProfile(
    name="mivoice5000",
    title="MiVoice 5000",
    users=5_000,
    bhcc=16_000,
    port=3211,
    editions=ANY_EDITION,
    device="{extension}",
)
