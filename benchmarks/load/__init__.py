"""All four PBXs at full load, from the PBX's write to the record committed: ``python -m benchmarks.load``.

Each part is a process of its own, as in a company: one server on SQLite with an account for each PBX, a gateway beside
each PBX, and a simulated PBX with all users that Mitel states for it. The traffic is the stated BHCC, then twenty times
it.

- ``companies``  the four accounts, written into the server's database before it starts.
- ``plant``      the processes, and what each of them takes of processor and memory.
- ``commits``    sees each call record as soon as another process can see it, which is when it is committed.
- ``ledger``     what the simulators say that they did, and how the records compare with it.
- ``__main__``   the runs, their table and the bounds.

Both clocks are the system's monotonic one, so that moments of different processes may be subtracted.
"""
