"""What administrators may ask of the embedded service."""
