"""Where everything of the sites' picture goes: two rows of boxes, and all tunnels in the gap between them.

  scheduler's site, more if they are many
─────gateway─────
    ╲        ╲         tunnels; with many sites one band instead of all of them
─gateway──  ─gateway──
  the others
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.graph.draw.canvas import Canvas, width_of
from isthmus.graph.draw.topology import PoolFacts, SiteFacts, Topology, Tunnel, shown_data

WIDTH: Final = 312
SPACE: Final = 44
MARGIN: Final = 28
INSIDE: Final = 16
GATEWAY: Final = 300
HEADER: Final = 62
FOOTER: Final = 44
GAP: Final = 120
#: Rooms around sites that share a Kubernetes, and the line that says so.
AROUND: Final = 12
SHARED: Final = 26
#: Between two tunnels at one gateway.
PORT: Final = 26
#: So many sites stand below the scheduler's before the upper row gets more than that one.
BELOW: Final = 4


@dataclass(frozen=True)
class Place:
    """Upper left corner and height of a site's box; its gateway sits on the edge that faces the other row."""

    x: float
    y: float
    height: float
    above: bool

    @property
    def middle(self) -> float:
        """Of the box and of the gateway."""
        return self.x + WIDTH / 2

    @property
    def gate(self) -> float:
        """The gateway's height."""
        return self.y + self.height if self.above else self.y

    @property
    def out(self) -> int:
        """Which way leads from the gateway into the gap."""
        return 1 if self.above else -1


def drawn(facts: Topology) -> str:
    """The SVG document."""
    rows = _rows(facts)
    widest = max(sum(len(group) for group in row) for row in rows)
    width = max(2 * MARGIN + widest * (WIDTH + SPACE) - SPACE, 620)
    places = _places(rows, width)
    bottom = max(place.y + place.height for place in places.values())
    shared = any(len(group) > 1 for group in rows[-1])
    canvas = Canvas(width, bottom + FOOTER + (SHARED if shared else 0))
    _head(canvas, facts, width)
    for group in facts.groups:
        _kubernetes(canvas, [places[site.name] for site in group])
    for site in facts.sites:
        _site(canvas, places[site.name], site)
    _tunnels(canvas, facts, places, width)
    for site in facts.sites:
        place = places[site.name]
        canvas.chip(place.middle, place.gate, GATEWAY, f"gateway: {site.gateway}", "gateway")
    _legend(canvas, bottom + (SHARED if shared else 0) + 26, any(site.dashed for site in facts.sites))
    return canvas.document(facts.title, facts.description)


Row = list[tuple[SiteFacts, ...]]


def _rows(facts: Topology) -> list[Row]:
    """The upper row and the lower one; groups stay together."""
    upper: Row = [facts.groups[0]]
    lower: Row = list(facts.groups[1:])
    while len(lower) > 1 and sum(map(len, lower)) > max(BELOW, sum(map(len, upper)) + 1):
        upper.append(lower.pop(0))
    return [row for row in (upper, lower) if row]


def _places(rows: Sequence[Row], width: float) -> dict[str, Place]:
    places: dict[str, Place] = {}
    y = float(HEADER)
    for number, row in enumerate(rows):
        above = number == 0
        sites = [site for group in row for site in group]
        height = max(_height(site) for site in sites)
        shared = any(len(group) > 1 for group in row)
        y += SHARED if shared and above else 0
        x = (width - len(sites) * (WIDTH + SPACE) + SPACE) / 2
        for site in sites:
            places[site.name] = Place(x, y, height, above)
            x += WIDTH + SPACE
        y += height + GAP
    return places


def _height(site: SiteFacts) -> float:
    pools = sum(42 + 16 * len(shown_data(pool.data)) for pool in site.pools)
    return 62 + 16 * len(site.notes) + (52 if site.scheduler else 0) + (pools or 22)


def _head(canvas: Canvas, facts: Topology, width: float) -> None:
    right = f"data plane {facts.prefix}"
    canvas.text(MARGIN, 36, facts.title, "head", width=width - 2 * MARGIN - 230)
    canvas.text(width - MARGIN, 36, right, "note", width=220, anchor="end")


def _kubernetes(canvas: Canvas, places: Sequence[Place]) -> None:
    """What goes around sites that share one."""
    if len(places) < 2:
        return
    left, right, place = places[0].x - AROUND, places[-1].x + WIDTH + AROUND, places[0]
    top = place.y - SHARED if place.above else place.y - AROUND - 10
    bottom = place.y + place.height + (AROUND + 10 if place.above else SHARED)
    canvas.box(left, top, right - left, bottom - top, "around")
    line = top + 16 if place.above else bottom - 9
    canvas.text(left + 14, line, "one Kubernetes", "note", width=200)


def _site(canvas: Canvas, place: Place, site: SiteFacts) -> None:
    canvas.box(place.x, place.y, WIDTH, place.height, "dashed" if site.dashed else "site")
    left, room = place.x + INSIDE, WIDTH - 2 * INSIDE
    y = place.y + (28 if place.above else 38)
    canvas.text(left, y, site.name, "name", width=room - width_of(site.prefix, "mono") - 12)
    canvas.text(place.x + WIDTH - INSIDE, y, site.prefix, "mono", width=room, anchor="end")
    for note in site.notes:
        y += 16
        canvas.text(left, y, note, "note", width=room)
    if site.scheduler:
        canvas.chip(place.middle, y + 28, room, "scheduler", "scheduler", words="dark")
        canvas.text(place.middle, y + 56, site.scheduler, "mono", width=room, anchor="middle")
        y += 52
    if not site.pools:
        canvas.text(place.middle, y + 30, "no pool: sees no data", "note", width=room, anchor="middle")
    for pool in site.pools:
        y = _pool(canvas, place, y, pool)


def _pool(canvas: Canvas, place: Place, y: float, pool: PoolFacts) -> float:
    """Returns where its last line ends."""
    canvas.chip(place.middle, y + 28, WIDTH - 2 * INSIDE, pool.text, "pool")
    y += 40
    for path in shown_data(pool.data):
        y += 16
        canvas.text(place.middle, y, path, "mono", width=WIDTH - 2 * INSIDE, anchor="middle")
    return y + 2


def _tunnels(canvas: Canvas, facts: Topology, places: dict[str, Place], width: float) -> None:
    if not facts.meshed:
        _band(canvas, facts, places, width)
        return
    ports = _ports(facts.tunnels, places)
    for tunnel in facts.tunnels:
        one, other = places[tunnel.one], places[tunnel.other]
        start = (ports[tunnel.one, tunnel.other], one.gate + 13 * one.out)
        end = (ports[tunnel.other, tunnel.one], other.gate + 13 * other.out)
        depth = GAP * (0.55 if one.above != other.above else _bow(one, other))
        bend = ((start[0], start[1] + depth * one.out), (end[0], end[1] + depth * other.out))
        heads = " ".join(["start"] * tunnel.to_one + ["end"] * tunnel.to_other)
        canvas.curve((start, *bend, end), "line", heads=heads)


def _bow(one: Place, other: Place) -> float:
    """How far a tunnel between neighbours of one row bends into the gap, as a part of it: farther for farther ones."""
    apart = abs(one.middle - other.middle) / (WIDTH + SPACE)
    return 0.3 + min(0.45, 0.15 * apart)


def _ports(tunnels: Sequence[Tunnel], places: dict[str, Place]) -> dict[tuple[str, str], float]:
    """(site, the other one) -> where on the site's gateway their tunnel ends: in the order of the others, so that few
    tunnels cross."""
    ports: dict[tuple[str, str], float] = {}
    pairs = [pair for tunnel in tunnels for pair in ((tunnel.one, tunnel.other), (tunnel.other, tunnel.one))]
    for name, place in places.items():
        others = sorted((other for site, other in pairs if site == name), key=lambda other: places[other].middle)
        for number, other in enumerate(others):
            ports[name, other] = place.middle + PORT * (number - (len(others) - 1) / 2)
    return ports


def _band(canvas: Canvas, facts: Topology, places: dict[str, Place], width: float) -> None:
    edge = max(place.gate for place in places.values() if place.above)
    middle = edge + GAP / 2
    canvas.chip(width / 2, middle, width - 2 * MARGIN, "WireGuard tunnels: each gateway to each other", "gateway")
    for site in facts.sites:
        place = places[site.name]
        start, end = place.gate + 13 * place.out, middle - 13 * place.out
        heads = "start end" if site.endpoint else "end"
        canvas.curve(((place.middle, start), (place.middle, end)), "line", heads=heads)


def _legend(canvas: Canvas, y: float, dashed: bool) -> None:
    for x, text in _entries(dashed):
        canvas.text(x + 46, y, text, "note", width=280)
    canvas.curve(((MARGIN, y - 4), (MARGIN + 36, y - 4)), "line", heads="end")
    if dashed:
        canvas.box(MARGIN + 330, y - 11, 36, 14, "dashed")


def _entries(dashed: bool) -> Iterator[tuple[float, str]]:
    yield MARGIN, "tunnel; the arrow points at who is dialled"
    if dashed:
        yield MARGIN + 330, "left as it is by this stack"
