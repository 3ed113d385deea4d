"""What is stated for each PBX, in the gateway as in CloudLink."""

from __future__ import annotations

import pytest

from cloudlink.administration.gateways import CAPACITY, PbxModel
from gateway.pbx import PROFILES, PbxProfile


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_a_profile_has_the_name_and_capacity_that_cloudlink_knows(profile: PbxProfile) -> None:
    stated = CAPACITY[PbxModel(profile.name)]
    assert (profile.title, profile.users, profile.bhcc) == (stated.name, stated.users, stated.bhcc)
