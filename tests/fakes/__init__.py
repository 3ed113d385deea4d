"""Peers that speak the real protocols on loopback, with their documented limits and faults."""
