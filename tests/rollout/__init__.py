"""Roll-outs, against Entra ID and Graph on loopback."""
