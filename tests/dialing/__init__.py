"""Tests of ``dialing``."""
