"""Tests of ``store``, on real SQLite files."""
