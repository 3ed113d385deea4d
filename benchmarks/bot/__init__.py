"""The bot beside its peers: one client, one connector stand-in, one server at a time, each its own process.

- ``servers``    what is measured: a bare echo on each of the SDKs, a plain aiohttp handler (the practical limit), and
                 the assistant itself answering a signed-in ``call log``.
- ``connector``  takes replies as fast as it can, and counts them.
- ``load``       keeps a number of messages in flight over kept-alive connections, and times each.
- ``compare``    starts all of it, takes turns between the servers, and prints medians and ratios.

``python -m benchmarks.bot`` runs it alone. A turn is one message in, one reply out: the client counts answers, and the
connector's own count must agree.
"""
