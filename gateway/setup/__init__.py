"""``cloudlink-gateway setup``: an operator names the PBX and CloudLink, and the answers become a file of settings.

- ``questions``  what is asked, in which order, and what an answer has to be.
- ``env_file``   the file: written whole, readable by its owner alone, other lines kept as they are.

Each answer is held to the setting that it becomes, so that a wrong one is said at once. Pairing and the check that
follow are those of ``pairing`` and ``check``.
"""
