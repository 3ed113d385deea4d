"""Measurements side by side with the peers, one command: ``make bench``.

- ``bot``      turns per second of a signed-in ``call log`` beside bare echo bots on three frameworks and plain aiohttp.
- ``gateway``  CSTA events per second beside lxml parsing the same bytes and nothing else.
- ``startup``  time until ready and memory when idle, beside importing botbuilder alone.

Each prints medians and ratios with the bound that it is held to; none fails the build, since machines differ.
"""
