"""The composition: settings that explain themselves, a log without secrets, the Playground bound to loopback."""
