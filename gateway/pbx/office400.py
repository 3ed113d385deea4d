"""MiVoice Office 400.

Port 7001 is the default of its CSTA service (WebAdmin help 7.1, "Mitel CloudLink Gateway"). Edition 5, no filter and
no session stand in the one public log of an exchange with it. Each monitored terminal takes one "CSTA Sessions" licence
for each application, hence ``overallMonitorLimitExceeded``; a licence that is freed or bought shows at the next retry.
How many requests it takes at once is not published; comparable small systems take few.
"""

from gateway.pbx.profile import PbxProfile, edition

OFFICE_400 = PbxProfile(
    name="office400",
    title="MiVoice Office 400",
    users=800,
    bhcc=4_200,
    port=7001,
    namespace=edition(5),
    in_flight=4,
)
