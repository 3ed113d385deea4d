"""MiVoice Business.

Its telephony interface (MiTAI) is a closed kit, so only the call log is open: SMDR lines on TCP port 1752, to which the
gateway connects ("CloudLink Solution Prerequisites"; pbxdom.com, "Mitel SMDR records explained").
"""

from gateway.pbx.profile import PbxProfile

BUSINESS = PbxProfile(
    name="business",
    title="MiVoice Business",
    interface="smdr",
    users=2_500,
    bhcc=12_000,
    port=1752,
)
