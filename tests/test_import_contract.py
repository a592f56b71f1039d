"""Who may import whom: the tree keeps the contract in pyproject.toml, and the contract refuses each forbidden edge.

The edges are those of docs/house.md, written out here a second time: a contract that lost a line would still be kept.
"""

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from itertools import permutations, product
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.domain.contract import Contract

PYPROJECT = str(Path(__file__).parents[1] / "pyproject.toml")
KINDS: dict[str, type[Contract]] = {"forbidden": ForbiddenContract, "independence": IndependenceContract}

LOWEST = ("isthmus.errors", "isthmus.names", "isthmus.rights", "isthmus.catalog")
PLAIN = ("isthmus.environment", "isthmus.wireguard")
UPPER = (
    "isthmus.comm",
    "isthmus.controller",
    "isthmus.pools",
    "isthmus.graph",
    "isthmus.local",
    "isthmus.config",
    "isthmus.reach",
    "components",
)
TOP = ("isthmus.cli", "policy")
CLOUD = ("pulumi", "kopf")
DASK = ("dask", "distributed")
BESIDE = ("tools", "demo", "benchmarks", "tests")

EDGES = [
    *product(
        LOWEST, (*PLAIN, *UPPER, *TOP, *CLOUD, *DASK, "pydantic", "yaml", "aiohttp", "click", "cryptography", "rich")
    ),
    *product(PLAIN, (*UPPER, *TOP, *CLOUD, *DASK)),
    *permutations(PLAIN, 2),
    *permutations(UPPER, 2),
    *product(("isthmus.controller",), ("isthmus.environment", "policy", "pulumi", *DASK, "pydantic")),
    *product(
        ("isthmus.pools", "isthmus.comm"),
        (
            *(*PLAIN, *CLOUD, *TOP, "isthmus.rights"),
            *("aiohttp", "pydantic", "yaml", "cryptography", "click", "rich"),
        ),
    ),
    *product(("policy",), (*PLAIN, *UPPER)),
    *product((*UPPER, "isthmus.cli"), ("policy",)),
    *product((*LOWEST, *PLAIN, *UPPER, *TOP), BESIDE),
]


@cache
def _tree() -> grimp.ImportGraph:
    return grimp.build_graph("isthmus", "components", "policy", include_external_packages=True, cache_dir=None)


@cache
def _contracts() -> list[Contract]:
    configuration: dict[str, Any] = read_configuration(PYPROJECT)
    return [
        KINDS[options["type"]](
            name=options["name"], session_options=configuration["session_options"], contract_options=options
        )
        for options in configuration["contracts_options"]
    ]


def _broken(graph: grimp.ImportGraph, *, about: str = "") -> Iterator[str]:
    """The names of the contracts that a graph of imports breaks; only of those that bind a module, if one is given."""
    for contract in _contracts():
        bound = contract.contract_options.get("source_modules") or contract.contract_options["modules"]
        if about and not {about, about.partition(".")[0]} & set(bound):
            continue
        if not contract.check(graph=deepcopy(graph), verbose=False).kept:
            yield contract.name


def test_the_tree_keeps_the_contract() -> None:
    assert list(_broken(_tree())) == []


@pytest.mark.parametrize(("importer", "imported"), EDGES, ids=[f"{one} -> {two}" for one, two in EDGES])
def test_a_forbidden_edge_is_refused(importer: str, imported: str) -> None:
    graph = deepcopy(_tree())
    if imported not in graph.modules:
        graph.add_module(imported, is_squashed=True)

    graph.add_import(importer=importer, imported=imported)

    assert any(_broken(graph, about=importer))
