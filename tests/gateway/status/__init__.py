"""How a gateway tells how it is."""
