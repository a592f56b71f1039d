"""A resolved environment as tables for people."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

#: Characters of a line where nobody says how many there are, as in a pipe.
WIDTH = 200


def show(environment: Mapping[str, Any], console: Console) -> None:
    """Prints what `resolved` returned."""
    scheduler, network = environment["scheduler"], environment["network"]
    facts = {
        "environment": f"{environment['environment']} of project {environment['project']}",
        "cluster": environment["cluster"],
        "prefix": f"{network['prefix']}, MTU {network['mtu']}",
        "scheduler": f"at {scheduler['site']}, {scheduler['address']}, {scheduler['memory']}, {scheduler['cpu']} CPU",
        **{f"image of {name}": image for name, image in environment["images"].items()},
        "protected": _yes(environment["protect"]),
        "stack secrets": ", ".join(environment["secrets"]),
    }
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value:
            table.add_row(name, value)
    console.print(table)
    for title, columns, rows in (_sites(environment), _gateways(environment), _pools(environment), _data(environment)):
        console.print(_table(title, columns, rows))


def _sites(environment: Mapping[str, Any]) -> tuple[str, Sequence[str], list[tuple[str, ...]]]:
    columns = ("site", "id", "Kubernetes", "namespace", "installs", "shares it with", "claims")
    own = [
        (
            f"{name} (paused)" if site["paused"] else name,
            str(site["id"]),
            _access(site["kubernetes"]),
            site["namespace"],
            _listed(what for what in ("crds", "namespaces", "controller") if site["install"][what]),
            _listed(site["sharedWith"]),
            _listed(site["claims"]),
        )
        for name, site in environment["sites"].items()
    ]
    others = [(name, str(site["id"]), "of another stack", *[""] * 4) for name, site in environment["external"].items()]
    return "Sites", columns, [*own, *others]


def _gateways(environment: Mapping[str, Any]) -> tuple[str, Sequence[str], list[tuple[str, ...]]]:
    columns = ("gateway of", "prefix", "endpoint", "Service", "dials", "is dialled by")
    rows: list[tuple[str, ...]] = []
    for name, site in (*environment["sites"].items(), *environment["external"].items()):
        gateway = site.get("gateway", site)
        service = gateway.get("service", {})
        port = f" {service['nodePort']}" if service.get("nodePort") else ""
        rows.append(
            (
                name,
                site["prefix"],
                gateway["endpoint"] or "none",
                f"{service.get('type', '')}{port}",
                _listed(site["dials"]),
                _listed(site["dialledBy"]),
            )
        )
    return "Gateways", columns, rows


def _pools(environment: Mapping[str, Any]) -> tuple[str, Sequence[str], list[tuple[str, ...]]]:
    columns = ("pool", "site", "workers", "threads", "memory", "CPU", "slots", "addresses")
    rows: list[tuple[str, ...]] = [
        (
            name,
            site_name,
            f"{pool['workers']['min']} to {pool['workers']['max']}",
            *(str(pool["workers"][field]) for field in ("threads", "memory", "cpu")),
            f"{pool['slots']['first']} to {pool['slots']['first'] + pool['slots']['count'] - 1}",
            f"{pool['slots']['firstAddress']} to {pool['slots']['lastAddress']}",
        )
        for site_name, site in environment["sites"].items()
        for name, pool in site["pools"].items()
    ]
    return "Pools", columns, rows


def _data(environment: Mapping[str, Any]) -> tuple[str, Sequence[str], list[tuple[str, ...]]]:
    rows: list[tuple[str, ...]] = [
        (prefix, place["pool"], place["site"]) for prefix, place in environment["catalog"].items()
    ]
    return "Catalog", ("data", "pool", "site"), rows


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _access(kubernetes: Mapping[str, str | None]) -> str:
    return ", ".join(f"{way} {value}" for way, value in kubernetes.items() if value)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values) or "–"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
