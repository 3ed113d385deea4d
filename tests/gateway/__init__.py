"""The gateway, from single frames to the running process."""
