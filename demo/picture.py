"""A picture of an environment: its sites, the tunnels between their gateways, the pools and the data near them.

Drawn from the Environment alone, so what it shows is what the stack files say. Mermaid text for a README, SVG or PNG
through matplotlib. The scheduler's site stands on top, the others below it in the order of the stack.
"""

import io
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from isthmus.environment import Environment, Pool, Site
from isthmus.wireguard.addresses import site_prefix

BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
INK: Final = "#222222"
PAPER: Final = "#F7F7F4"

#: Sizes in inches of the figure.
WIDTH, GAP = 4.4, 1.1
ROW = 0.95
STYLE: Final[dict[Any, Any]] = {"font.family": "DejaVu Sans", "svg.fonttype": "none", "svg.hashsalt": "isthmus"}


def mermaid(environment: Environment) -> str:
    """A flowchart; tunnels are the thick lines between gateways."""
    lines = ["flowchart TB"]
    for site in environment.sites:
        lines.append(f'  subgraph {site.name}["{site.name}"]')
        lines.append(f"    {site.name}-gateway{{{{gateway}}}}")
        if site.name == environment.scheduler.site:
            lines.append(f"    {site.name}-scheduler([scheduler])")
            lines.append(f"    {site.name}-scheduler --- {site.name}-gateway")
        for name, pool in site.pools.items():
            lines.append(f'    {name}-pool["pool {name}<br/>{_workers(pool)}"]')
            lines.append(f"    {name}-pool --- {site.name}-gateway")
            lines += [f'    {name}-data{i}[("{prefix}")] --> {name}-pool' for i, prefix in enumerate(pool.catalog)]
        lines.append("  end")
    lines += [f"  {one.name}-gateway <==> {other.name}-gateway" for one, other in _tunnels(environment)]
    return "\n".join(lines) + "\n"


def svg(environment: Environment) -> str:
    """The same text at every run."""
    return _saved(environment, format="svg", metadata={"Date": None, "Creator": None}).decode()


def png(environment: Environment) -> bytes:
    return _saved(environment, format="png", dpi=110)


def _saved(environment: Environment, **how: Any) -> bytes:
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        _drawn(environment).savefig(buffer, **how)
    return buffer.getvalue()


def _drawn(environment: Environment) -> Figure:
    places = _places(environment)
    top = max(place.y + place.height for place in places.values())
    right = max(place.x for place in places.values()) + WIDTH
    figure = Figure(figsize=(right + 0.4, top + 0.9))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.2, right + 0.2), ylim=(-0.2, top + 0.7), aspect="equal")
    axes.axis("off")
    for one, other in _tunnels(environment):
        start, end = places[one.name].gateway, places[other.name].gateway
        axes.plot((start[0], end[0]), (start[1], end[1]), color=BLUE, lw=3.5, solid_capstyle="round", zorder=3)
    for site in environment.sites:
        _site(axes, places[site.name], site, environment)
    axes.text(0, top + 0.4, f"{environment.name}: one Dask cluster, {len(environment.sites)} sites",
              fontsize=13, weight="bold", color=INK, va="center")  # fmt: skip
    axes.text(right, top + 0.4, f"WireGuard tunnels, data plane {environment.prefix}", fontsize=9,
              color=BLUE, va="center", ha="right")  # fmt: skip
    return figure


@dataclass(frozen=True)
class _Place:
    """Lower left corner and height of a site's box, and where its gateway sits: at the edge that faces the others."""

    x: float
    y: float
    height: float
    on_top: bool

    @property
    def gateway(self) -> tuple[float, float]:
        return self.x + WIDTH / 2, self.y - 0.2 if self.on_top else self.y + self.height + 0.2


def _places(environment: Environment) -> dict[str, _Place]:
    below = [site.name for site in environment.sites if site.name != environment.scheduler.site]
    step = WIDTH + GAP
    middle = max(0, len(below) - 1) * step / 2
    height = 1.1 + ROW * max(1, *(len(site.pools) for site in environment.sites))
    places = {name: _Place(column * step, 0, height, on_top=False) for column, name in enumerate(below)}
    return places | {environment.scheduler.site: _Place(middle, height + GAP, height, on_top=True)}


def _tunnels(environment: Environment) -> list[tuple[Site, Site]]:
    """Gateways are a full mesh, but two that nobody can dial have no tunnel."""
    sites = environment.sites
    return [
        (one, other)
        for position, one in enumerate(sites)
        for other in sites[position + 1 :]
        if one.gateway.endpoint or other.gateway.endpoint
    ]


def _site(axes: Axes, place: _Place, site: Site, environment: Environment) -> None:
    _box(axes, place.x, place.y, WIDTH, place.height, PAPER, INK)
    axes.text(
        place.x + 0.2, place.y + place.height - 0.3, site.name, fontsize=12, weight="bold", color=INK, va="center"
    )
    prefix = str(site_prefix(environment.prefix, site.id))
    axes.text(
        place.x + WIDTH - 0.2, place.y + place.height - 0.3, prefix, fontsize=8, color=INK, va="center", ha="right"
    )
    x, y = place.gateway
    _chip(axes, x, y, "gateway", BLUE)
    top = place.y + place.height - 0.95
    if site.name == environment.scheduler.site:
        _chip(axes, place.x + WIDTH * 0.3, top, "scheduler", ORANGE)
        _chip(axes, place.x + WIDTH * 0.7, top, "notebook", ORANGE)
        if not site.pools:
            axes.text(x, top - 0.62, "sees no data", fontsize=9, color=INK, ha="center", va="center", style="italic")
    for row, (name, pool) in enumerate(site.pools.items()):
        _pool(axes, place, top - ROW * row, name, pool)


def _pool(axes: Axes, place: _Place, y: float, name: str, pool: Pool) -> None:
    middle = place.x + WIDTH / 2
    _chip(axes, middle, y, f"pool {name}: {_workers(pool)}", GREEN, width=WIDTH - 0.6)
    axes.text(middle, y - 0.42, "data: " + ", ".join(pool.catalog), fontsize=8.5, color=INK, ha="center", va="center",
              family="monospace")  # fmt: skip


def _workers(pool: Pool) -> str:
    return f"{pool.workers.min} to {pool.workers.max} workers"


def _chip(axes: Axes, x: float, y: float, text: str, color: str, width: float = 1.3) -> None:
    _box(axes, x - width / 2, y - 0.2, width, 0.4, color, color, zorder=4)
    axes.text(x, y, text, color=INK if color == ORANGE else "white", fontsize=9.5, ha="center", va="center", zorder=5)


def _box(axes: Axes, x: float, y: float, width: float, height: float, face: str, edge: str, zorder: int = 2) -> None:
    shape = FancyBboxPatch(
        (x, y), width, height, boxstyle="round,pad=0,rounding_size=0.12", fc=face, ec=edge, lw=1.1, zorder=zorder
    )
    axes.add_patch(shape)
