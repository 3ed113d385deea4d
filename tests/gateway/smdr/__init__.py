"""SMDR, from bytes to call records."""
