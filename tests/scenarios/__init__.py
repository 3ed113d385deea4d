"""Whole journeys against real peers: a call on the PBX's socket becomes a card in Teams that dials back."""
