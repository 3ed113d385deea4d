"""Entra ID Sync over HTTP."""
