"""Tests of ``tabs``."""
