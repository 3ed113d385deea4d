"""Mail on its way from a transaction to a real SMTP server."""
