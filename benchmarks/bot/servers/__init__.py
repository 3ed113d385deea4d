"""The servers under measurement: ``python -m benchmarks.bot.servers.NAME PORT`` listens on 127.0.0.1."""
