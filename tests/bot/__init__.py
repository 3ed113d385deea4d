"""The bot over HTTP: a real server, a real store, and a connector that keeps what it is sent."""
