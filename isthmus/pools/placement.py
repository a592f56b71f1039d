"""Where a ready task runs: a rule over measured bytes. No I/O, nothing of Dask."""

from collections.abc import Mapping
from typing import Final

#: Ours: below a megabyte the round trip costs more than the bytes; below a tenth the measured sizes say nothing.
WORTH_BYTES: Final = 1_000_000
SHARE: Final = 0.10


def home_pool(
    inputs: Mapping[str | None, int],
    *,
    worth_bytes: int = WORTH_BYTES,
    share: float = SHARE,
    siblings: str | None = None,
) -> str | None:
    """The pool where a ready task moves the fewest bytes, or None: leave it free.

    inputs: pool -> bytes of the task's inputs that lie there, measured, never guessed; None: on workers of no pool.
    worth_bytes, share: least saving against the second-best pool, in bytes and as a part of the best one's.
    siblings: the pool where others like it went; taken if inputs lie in several pools and none saves that much.
    """
    ranked = sorted(inputs.items(), key=lambda item: (-item[1], item[0] or ""))
    if not ranked:
        return None
    pool, most = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0
    enough = max(worth_bytes, share * most)
    if most - second >= enough:
        return pool
    met = siblings in inputs and len(inputs) > 1
    return siblings if met and most - inputs[siblings] < enough else None
