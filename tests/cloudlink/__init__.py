"""Tests of ``cloudlink``: the port's contract, the embedded service and its uplink."""
