"""Signing in by Entra ID, against one on loopback."""
