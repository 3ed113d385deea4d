"""The garbage collector of a server that has started."""

from __future__ import annotations

import gc


def settle() -> None:
    """Leaves what lives as long as the process out of every later collection; call it once the server is ready.

    The classes of botbuilder, SQLAlchemy and Babel are hundreds of thousands of objects. Walking them again and again
    took a quarter of the time of a turn. A turn makes and drops some thousand objects, so the young generation may
    grow to several turns before it is looked at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
