"""Tests of ``manifest``."""
