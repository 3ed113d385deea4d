"""The simulated PBX, seen by a foreign client over TCP and by its own parts."""
