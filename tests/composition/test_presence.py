"""How fast Teams is told, by the operator's setting."""

from __future__ import annotations

import pytest

from composition.presence import write_rate


@pytest.mark.parametrize(("per_second", "window"), [(1, 1_500), (48, 1_500), (49, 1_500), (60, 10_000), (330, 10_000)])
def test_rate_and_burst_stay_within_microsofts_window(per_second: int, window: int) -> None:
    rate = write_rate(per_second)
    assert rate.per_second == per_second
    assert rate.burst > 0
    # As many again may have left before the window and come within it.
    assert 30 * rate.per_second + 2 * rate.burst <= window


def test_a_batch_may_go_at_once_at_the_usual_rate() -> None:
    assert write_rate(48).burst >= 20
