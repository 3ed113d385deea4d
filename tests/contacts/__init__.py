"""Tests of ``contacts``, on real stores and the stand-ins of Entra ID and Graph."""
