"""Call tracking: events go in, call records and line states come out."""
