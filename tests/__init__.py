"""Tests mirror the rooms; ``scenarios/`` are whole journeys, ``fakes/`` real local servers that stand in for peers."""
