"""Tests of ``presence``: pure parts by themselves, the rest on real stores and stand-ins of Entra ID and Graph."""
