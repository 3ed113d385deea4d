"""PBX profiles: what differs from one kind of PBX to the next, as data.

- ``profile``     what a profile holds.
- ``office400``   MiVoice Office 400.
- ``mivoice5000`` MiVoice 5000.
- ``mxone``       MiVoice MX-ONE.
- ``business``    MiVoice Business, by SMDR.

``PROFILES`` lists them under the name that the setting ``CSTA_PROFILE`` takes, which is CloudLink's name of the model
too. A PBX that needs more than other values gets a new field here and a use of it in ``monitors`` or ``exchange``, not
a branch on its name. Imports nothing of ours.
"""

from gateway.pbx.business import BUSINESS
from gateway.pbx.mivoice5000 import MIVOICE_5000
from gateway.pbx.mxone import MX_ONE
from gateway.pbx.office400 import OFFICE_400
from gateway.pbx.profile import PbxProfile

PROFILES = {profile.name: profile for profile in (OFFICE_400, MIVOICE_5000, MX_ONE, BUSINESS)}

__all__ = ["PROFILES", "PbxProfile"]
