"""Figures as Prometheus reads them: its text format, version 0.0.4."""

from __future__ import annotations

from cloudlink.exposition import Family, by_label, counter, exposition, gauge, histogram_samples

EXPECTED = """\
# HELP app_open Whether it is open.
# TYPE app_open gauge
app_open 1
# HELP app_facts_total What was told.
# TYPE app_facts_total counter
app_facts_total{of="a \\"b\\" \\\\ \\n c"} 3
# HELP app_lag_seconds How late.
# TYPE app_lag_seconds histogram
app_lag_seconds_bucket{account="a",le="0.025"} 2
app_lag_seconds_bucket{account="a",le="1"} 2
app_lag_seconds_bucket{account="a",le="+Inf"} 3
app_lag_seconds_sum{account="a"} 30.02
app_lag_seconds_count{account="a"} 3
"""


def test_it_is_written_as_the_format_wants_it() -> None:
    parts = histogram_samples((0.025, 1.0), (2, 0, 1), 30.02, (("account", "a"),))
    families = [
        gauge("open", "Whether it is open.", value=True),
        counter("facts_total", "What was told.", 3, of='a "b" \\ \n c'),
        Family("lag_seconds", "histogram", "How late.", parts),
        by_label("nothing", "gauge", "Left out.", "account", {}),
    ]
    assert exposition("app", families) == EXPECTED
