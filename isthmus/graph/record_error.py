"""What the recorder raises."""

from isthmus.errors import IsthmusError


class RecordError(IsthmusError):
    """The program did what an engine would refuse, or what the recorder cannot follow."""
