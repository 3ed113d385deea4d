"""PBX profiles: what differs from one kind of PBX to the next, as data.

``profile`` says what a profile holds; each PBX has a module with its own, listed in ``PROFILES`` under the name that
the setting ``CSTA_PROFILE`` takes. A PBX that needs more than other values gets a new field here and a use of it in
``monitors`` or ``exchange``, not a branch on its name. Imports nothing of ours.
"""

from gateway.pbx.office400 import OFFICE_400
from gateway.pbx.profile import PbxProfile

PROFILES = {profile.name: profile for profile in (OFFICE_400,)}

__all__ = ["PROFILES", "PbxProfile"]
