"""What an operator answers becomes settings."""
