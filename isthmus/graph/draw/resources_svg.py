"""Where everything of the resources' picture goes: a frame per site, in it columns of components.

A component stands right of all that must be there before it. What is in no site stands above, and an arrow leads from
it to every frame in which something waits for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.graph.draw.canvas import Canvas
from isthmus.graph.draw.parts import Edge, Part, Parts

MARGIN: Final = 28
HEADER: Final = 60
FOOTER: Final = 42
WIDTH: Final = 220
DETAILED_WIDTH: Final = 330
#: Between columns, and between the boxes of one.
GAP, BELOW = 52, 18
LINE: Final = 16
TITLE: Final = 30
FRAME: Final = 40
#: Lines of a component that are shown.
MOST_LINES: Final = 24


@dataclass(frozen=True)
class Box:
    """A component as it is drawn."""

    part: Part
    lines: tuple[str, ...]
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        """Its title and its lines."""
        return TITLE + LINE * len(self.lines) + 8


@dataclass(frozen=True)
class Frame:
    """A site: its boxes, and the rectangle around them."""

    name: str
    boxes: tuple[Box, ...]
    y: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return max(box.x + box.width for box in self.boxes) + 18

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return max(box.y + box.height for box in self.boxes) + 18


def drawn(shown: Parts, *, detailed: bool) -> str:
    """The SVG document. detailed: with the names of resources, not only how many there are of a kind."""
    frames = _frames(shown, detailed=detailed)
    width = max([frame.right for frame in frames], default=2 * WIDTH) + MARGIN
    bottom = frames[-1].bottom if frames else HEADER
    canvas = Canvas(width, bottom + FOOTER)
    canvas.text(MARGIN, 36, shown.title, "head", width=width - 2 * MARGIN)
    for frame in frames:
        if frame.name:
            canvas.box(MARGIN, frame.y, frame.right - MARGIN, frame.bottom - frame.y, "site")
            canvas.text(MARGIN + 16, frame.y + 24, f"Site {frame.name}", "name", width=300)
    _arrows(canvas, frames, shown.part_edges)
    for frame in frames:
        for box in frame.boxes:
            _box(canvas, box)
    y = bottom + 24
    canvas.curve(((MARGIN, y - 4), (MARGIN + 32, y - 4)), "thin", heads="end")
    canvas.text(MARGIN + 42, y, "is there before", "note", width=120)
    return canvas.document(shown.title, _told(shown))


def _frames(shown: Parts, *, detailed: bool) -> list[Frame]:
    ranks = _ranks([part.key for part in shown.parts], shown.part_edges)
    width = DETAILED_WIDTH if detailed else WIDTH
    frames: list[Frame] = []
    y = float(HEADER)
    for site in shown.sites:
        inside = [part for part in shown.parts if part.site == site]
        first = min(ranks[part.key] for part in inside)
        columns: dict[int, list[Part]] = {}
        for part in inside:
            columns.setdefault(ranks[part.key] - first, []).append(part)
        boxes: list[Box] = []
        for place, number in enumerate(sorted(columns)):
            top = y + (FRAME if site else 0)
            for part in columns[number]:
                x = MARGIN + 18 + place * (width + GAP)
                boxes.append(Box(part, _lines(part, detailed=detailed), x, top, width))
                top += boxes[-1].height + BELOW
        frames.append(Frame(site, tuple(boxes), y))
        y = frames[-1].bottom + 26
    return frames


def _lines(part: Part, *, detailed: bool) -> tuple[str, ...]:
    lines = [item.text for item in part.items] if detailed else list(part.kinds)
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    return (*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} more")


def _ranks(keys: Sequence[str], edges: frozenset[Edge]) -> dict[str, int]:
    """How many steps must come before. Among components that wait for each other's resources it ends all the same."""
    ranks = dict.fromkeys(keys, 0)
    for _ in keys:
        before = dict(ranks)
        for first, then in edges:
            ranks[then] = min(max(ranks[then], ranks[first] + 1), len(keys))
        if ranks == before:
            break
    return ranks


def _box(canvas: Canvas, box: Box) -> None:
    canvas.box(box.x, box.y, box.width, box.height, "paper")
    canvas.box(box.x, box.y, box.width, 24, "gateway")
    canvas.text(box.x + 12, box.y + 16.5, box.part.title, "chip", width=box.width - 24)
    for number, line in enumerate(box.lines, start=1):
        canvas.text(box.x + 12, box.y + 22 + LINE * number, line, "ink", width=box.width - 24)


def _arrows(canvas: Canvas, frames: Sequence[Frame], edges: frozenset[Edge]) -> None:
    boxes = {box.part.key: box for frame in frames for box in frame.boxes}
    for first, then in sorted(edges):
        if boxes[first].part.site == boxes[then].part.site:
            _arrow(canvas, boxes[first], boxes[then])
    outside = [box for box in boxes.values() if not box.part.site]
    for number, frame in enumerate(frame for frame in frames if frame.name):
        for box in outside:
            if _leads_into(box, frame, edges, boxes):
                _into(canvas, box, frame, number)


def _arrow(canvas: Canvas, first: Box, then: Box) -> None:
    start, end = (first.x + first.width, first.y + 12), (then.x, then.y + 12)
    bend = max(GAP * 0.6, (end[0] - start[0]) * 0.45)
    canvas.curve((start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end), "thin", heads="end")


def _leads_into(box: Box, frame: Frame, edges: frozenset[Edge], boxes: Mapping[str, Box]) -> bool:
    return any(first == box.part.key and boxes[then] in frame.boxes for first, then in edges)


def _into(canvas: Canvas, box: Box, frame: Frame, number: int) -> None:
    """Down beside the frames' left edge, then into the frame; the canvas' margin has room for a few lines."""
    way = MARGIN - 8 - 5 * (number % 3)
    start, turn, end = (box.x, box.y + 12 + 6 * (number % 3)), (way, frame.y + 12), (MARGIN, frame.y + 12)
    canvas.curve((start, (way, start[1])), "thin")
    canvas.curve(((way, start[1]), turn), "thin")
    canvas.curve((turn, end), "thin", heads="end")


def _told(shown: Parts) -> str:
    return " ".join(f"{part.title}: {', '.join(part.kinds)}." for part in shown.parts)
