"""The room of problem reports."""
