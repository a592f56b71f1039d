"""Budgets of a namespace: how many pods may be moved at once, how much they may take, what one takes that says nothing.

Disruption: each of our Deployments has one replica, so of the two budgets that there are one forbids every eviction and
the other none. The first would hold up an operator who drains a node until somebody deletes the budget by hand, and a
data centre drains its nodes when it must. So one pod may always go: a gateway and a controller are back within seconds
and nothing that runs ends with them; a scheduler takes its running work along, as docs/limits.md says. Workers go one
at a time: the scheduler computes anew what one of them held, and not what all held.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, TypedDict

from components.labels import Labels
from components.objects import Spec
from components.pods import TUNNEL_RESOURCES, size
from isthmus.environment.shapes import bytes_of

#: What a container is taken to need that does not say, and may take at most: with a quota on memory Kubernetes refuses
#: one without. A client that asks for more states its own limit too.
UNSTATED: Final = {"defaultRequest": {"cpu": "100m", "memory": "256Mi"}, "default": {"memory": "1Gi"}}


def disruption(of: Labels) -> Spec:
    """A PodDisruptionBudget's spec: one pod at a time, and a broken one always."""
    return {
        "maxUnavailable": 1,
        "selector": {"matchLabels": of},
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }


def unstated() -> Spec:
    """A LimitRange's spec."""
    return {"limits": [{"type": "Container", **UNSTATED}]}


def pods(count: int, *, published: str = "ClusterIP") -> Spec:
    """A ResourceQuota's spec: so many pods, and of Services only one of the type `published` to be seen outside."""
    return {
        "hard": {
            "pods": str(count),
            "services.loadbalancers": "1" if published == "LoadBalancer" else "0",
            # A load balancer takes a node port of its own.
            "services.nodeports": "0" if published == "ClusterIP" else "1",
        }
    }


class AskedArgs(TypedDict):
    """Pods of one kind, each with a tunnel."""

    pods: int
    """How many there may be at a time."""
    cpu: str
    """What one requests beside its tunnel, a Kubernetes quantity."""
    memory: str
    """Likewise."""


def compute(priority: str, asked: Sequence[AskedArgs]) -> Spec:
    """A ResourceQuota's spec: what pods of a priority class may request in all.

    Only where the class is: without it the quota could not tell workers from a notebook beside them, and a large
    notebook would stop a legal scale-up.
    """
    tunnel = TUNNEL_RESOURCES["requests"]
    cpu = sum((int(each["pods"]) * (cores_of(each["cpu"]) + cores_of(tunnel["cpu"])) for each in asked), Decimal(0))
    memory = sum(int(each["pods"]) * (bytes_of(each["memory"]) + bytes_of(tunnel["memory"])) for each in asked)
    return {
        "hard": {"requests.cpu": _cores(cpu), "requests.memory": size(memory)},
        "scopeSelector": {
            "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": [priority]}],
        },
    }


def _cores(number: Decimal) -> str:
    """As Kubernetes itself writes it, so that no refresh sees a difference: "2", "220m"."""
    return f"{number:.0f}" if number == int(number) else f"{number * 1000:.0f}m"


def cores_of(quantity: str) -> Decimal:
    """A CPU quantity as cores: 0.2 of "0.2" and of "200m"."""
    return Decimal(quantity[:-1]) / 1000 if quantity.endswith("m") else Decimal(quantity)
