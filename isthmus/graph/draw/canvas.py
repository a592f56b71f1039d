"""A drawing as SVG text: boxes, words and lines in few classes, readable on a light page and on a dark one.

Sizes are pixels, y grows downwards. No font is at hand to measure with, so widths are those of DejaVu Sans, rounded up,
which is wider than what most readers have: what fits here fits there.
"""

from typing import Final

from isthmus.graph.draw.escape import for_svg

#: Characters -> advance as a part of the font's size; whatever is in none of them is as wide as it is high.
_ADVANCES: Final = (("ijlI.,:;'|!/\\ ()[]-", 0.39), ("frtJ", 0.42), ("sczxvykLF", 0.6), ("mwMW@%", 1.0))
_ADVANCE: Final = {letter: part for letters, part in _ADVANCES for letter in letters}
#: Of other ASCII: small letters and digits, capital ones.
_SMALL, _CAPITAL = 0.64, 0.79
_BOLD: Final = 1.12
#: Every character of DejaVu Sans Mono.
_MONOSPACED: Final = 0.602
#: Class of a text -> its size in pixels.
SIZES: Final = {"head": 17, "name": 15, "ink": 12, "note": 11, "mono": 11, "chip": 12, "dark": 12}
_SANS = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"
_MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
#: Colours of Okabe and Ito, which people who see red and green alike can tell apart; green is darker, for white words.
_STYLE: Final = f"""\
text {{ font-family: {_SANS}; font-size: 12px; fill: #222222 }}
.head {{ font-size: 17px; font-weight: bold }}
.name {{ font-size: 15px; font-weight: bold }}
.note {{ font-size: 11px; fill: #57606a }}
.mono {{ font-size: 11px; font-family: {_MONO} }}
.chip {{ fill: #ffffff }}
.paper {{ fill: #ffffff; stroke: #d0d7de }}
.site {{ fill: #f6f8fa; stroke: #57606a; stroke-width: 1.2 }}
.dashed {{ fill: #f6f8fa; stroke: #57606a; stroke-width: 1.2; stroke-dasharray: 6 4 }}
.around {{ fill: none; stroke: #57606a; stroke-dasharray: 2 4 }}
.gateway {{ fill: #0072b2 }}
.pool {{ fill: #00785a }}
.scheduler {{ fill: #e69f00 }}
.line {{ fill: none; stroke: #0072b2; stroke-width: 2.5 }}
.thin {{ fill: none; stroke: #57606a; stroke-width: 1.3 }}
.head-of-line {{ fill: #0072b2 }}
.head-of-thin {{ fill: #57606a }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3 }}
.note {{ fill: #9198a1 }}
.chip {{ fill: #ffffff }}
.dark {{ fill: #222222 }}
.paper {{ fill: #0d1117; stroke: #3d444d }}
.site, .dashed {{ fill: #151b23; stroke: #9198a1 }}
.around, .thin {{ stroke: #9198a1 }}
.line {{ stroke: #4aa8e0 }}
.head-of-line {{ fill: #4aa8e0 }}
.head-of-thin {{ fill: #9198a1 }}
}}
"""


def width_of(text: str, kind: str) -> float:
    """About how wide a text of a class is, in pixels; rather more than less."""
    if kind == "mono":
        parts = sum(_MONOSPACED if letter.isascii() else 1.0 for letter in text)
    else:
        parts = sum(map(_advance, text)) * (_BOLD if kind in ("head", "name") else 1)
    return parts * SIZES[kind]


def _advance(letter: str) -> float:
    if not letter.isascii():
        return 1.0
    return _ADVANCE.get(letter, _CAPITAL if letter.isupper() else _SMALL)


def shortened(text: str, kind: str, width: float) -> str:
    """The text, or as much of its beginning as fits and an ellipsis."""
    if width_of(text, kind) <= width:
        return text
    while text and width_of(f"{text}…", kind) > width:
        text = text[:-1]
    return f"{text}…"


class Canvas:
    """What has been drawn, in that order: later on top."""

    def __init__(self, width: float, height: float) -> None:
        self._width, self._height = width, height
        self._drawn: list[str] = []
        self.box(0.5, 0.5, width - 1, height - 1, "paper")

    def box(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A rectangle with round corners; x and y are its upper left one."""
        place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
        self._drawn.append(f'<rect class="{kind}" {place} rx="{_n(min(8, height / 3))}"/>')

    def text(self, x: float, y: float, text: str, kind: str, *, width: float, anchor: str = "start") -> None:
        """A line of text on the base line y, shortened to `width`; then it says all when the mouse rests on it."""
        shown = shortened(text, kind, width)
        whole = "" if shown == text else f"<title>{for_svg(text)}</title>"
        at = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._drawn.append(f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}"{at}>{for_svg(shown)}{whole}</text>')

    def chip(self, x: float, y: float, width: float, text: str, kind: str, *, words: str = "chip") -> None:
        """A filled label, 24 high; x and y are its centre."""
        self.box(x - width / 2, y - 12, width, 24, kind)
        self.text(x, y + 4.3, text, words, width=width - 12, anchor="middle")

    def curve(self, points: tuple[tuple[float, float], ...], kind: str, *, heads: str = "") -> None:
        """A Bézier curve over four points, or a straight line over two; heads: `start`, `end` or both, with arrows."""
        (x, y), *others = points
        way = " ".join(f"{_n(right)} {_n(down)}" for right, down in others)
        arrows = "".join(f' marker-{end}="url(#{kind})"' for end in heads.split())
        self._drawn.append(
            f'<path class="{kind}" d="M {_n(x)} {_n(y)} {"C" if len(others) == 3 else "L"} {way}"{arrows}/>'
        )

    def document(self, title: str, description: str) -> str:
        """The whole SVG, with a title and a description for whoever hears it instead."""
        size = (
            f'width="{_n(self._width)}" height="{_n(self._height)}" viewBox="0 0 {_n(self._width)} {_n(self._height)}"'
        )
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
                f'<title id="title">{for_svg(title)}</title>',
                f'<desc id="description">{for_svg(description)}</desc>',
                f"<style>\n{_STYLE}</style>",
                f"<defs>{_arrow('line', 6)}{_arrow('thin', 8)}</defs>",
                *self._drawn,
                "</svg>",
                "",
            ]
        )


def _arrow(kind: str, size: int) -> str:
    """A marker's units are the line's widths."""
    shape = f'<path class="head-of-{kind}" d="M 0 0 L 10 5 L 0 10 z"/>'
    box = f'viewBox="0 0 10 10" refX="9" refY="5" markerWidth="{size}" markerHeight="{size}"'
    return f'<marker id="{kind}" {box} orient="auto-start-reverse">{shape}</marker>'


def _n(number: float) -> str:
    """One digit after the point at most."""
    return f"{round(number, 1):g}" if abs(number) < 1e5 else str(round(number))
