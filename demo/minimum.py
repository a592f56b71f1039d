"""How few bytes would have done: the yardstick for what the transfer logs show.

For `forecast - observed`, one of the two operands must reach the pool of the other, and the answer must reach the
client. Both operands are reduced as far as they can be apart, so the smaller of them is the least that can cross
between the pools. Sizes are in-memory bytes of task outputs, as in Dask's logs.
"""

from dataclasses import dataclass

from demo.calculation import Question


@dataclass(frozen=True)
class Minimum:
    """Bytes, leg by leg."""

    between_pools: int
    to_client: int

    @property
    def across(self) -> int:
        return self.between_pools + self.to_client


def minimum_of(question: Question) -> Minimum:
    """No I/O: sizes follow from shapes."""
    return Minimum(
        between_pools=sum(min(one.nbytes, other.nbytes) for one, other in question.differences.values()),
        to_client=sum(part.nbytes for part in question.answer.data_vars.values()),
    )
