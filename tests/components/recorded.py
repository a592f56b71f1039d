"""The project's own stacks, recorded once per test run, and the secrets that must not be seen in them."""

import base64
import functools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from components.mesh import mesh_of
from isthmus import wireguard
from isthmus.environment import Environment, load, stack_names
from isthmus.graph import Graph, Node, record
from isthmus.graph.monitor import DRAWN
from isthmus.wireguard.peers import peers_at

ROOT = Path(__file__).parent.parent.parent
STACKS = stack_names(ROOT)
SECRETS = {
    "eumetsatKubeconfig": "the kubeconfig of eumetsat, which nobody may see",
    "dwdPresharedKey": "YWdyZWVkLW9uLWJ5LXR3by1zdGFja3MtYW5kLW5vYm8=",
}


@functools.cache
def environment(stack: str) -> Environment:
    """What the stack's files say."""
    return load(ROOT, stack)


@functools.cache
def graph(stack: str, preview: bool = False) -> Graph:
    """What the stack registers."""
    return record(ROOT, stack, preview=preview, secrets=SECRETS)


def rows(*tokens: str) -> list[tuple[str, Node]]:
    """Stack and node, for every recorded Kubernetes object of these types (all of them if none is given)."""
    return [
        (stack, node)
        for stack in STACKS
        for node in graph(stack).nodes
        if node.is_kubernetes and (not tokens or node.type in tokens)
    ]


@functools.cache
def secrets_of(stack: str) -> tuple[str, ...]:
    """Every secret text that the program handles for a stack: the seed, the keys out of it, configured ones."""
    return tuple(_secrets_of(stack))


def _secrets_of(stack: str) -> Iterator[str]:
    yield DRAWN
    yield from SECRETS.values()
    mesh = mesh_of(environment(stack))
    agreed = {site.name: SECRETS[key] for site in environment(stack).external if (key := site.presharedKeySecret)}
    for site in environment(stack).sites:
        for peer in peers_at(mesh, site.name):
            config = wireguard.tunnel_config(mesh, site.name, peer, DRAWN, external_preshared_keys=agreed)
            yield str(config["private_key"])
            for row in json.loads(json.dumps(config["peers"])):
                yield row["preshared_key"]


def leaks(recorded: Graph, secrets: Iterable[str]) -> list[str]:
    """Which of the secrets stand somewhere in a graph, in the clear or as base64."""
    text = repr(recorded)
    return [secret for secret in secrets if secret in text or base64.b64encode(secret.encode()).decode() in text]


def kubernetes(stack: str) -> list[str]:
    """One site of every Kubernetes of a stack: the first of those that share it."""
    configured = environment(stack)
    return list(dict.fromkeys(configured.sharing(site)[0].name for site in configured.sites))


def manifests(stack: str, site: str) -> list[dict[str, Any]]:
    """What the stack wants in the Kubernetes of a site, whichever site it is for."""
    sharing = environment(stack).sharing(environment(stack).site(site))
    return [manifest for each in sharing for manifest in graph(stack).manifests(each.name)]
