"""What a PBX, or whoever pretends to be one, may send: hypothesis over framing, XML, a whole connection and SMDR lines.

- ``documents``  CSTA documents, well and badly formed, and those that declare entities.
- ``properties`` what holds of the gateway for all of them.
- ``test_share`` a small share of the cases, in ``make test``.

``make fuzz`` (``python -m tests.fuzz [CASES]``) runs 100,000 cases in all.
"""
