"""The tests mirror the rooms; ``fakes`` are real local servers, ``scenarios`` whole journeys."""
