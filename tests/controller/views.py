"""Views for tests of decisions: everything has a default but what the row is about."""

from ipaddress import IPv6Network
from typing import Any

from isthmus.controller.plan import Worker
from isthmus.controller.views import Group, PodView, Slots, Template

NOW = 1000.0


def a_group(replicas: int, slots: tuple[int, int] | None = None, **more: Any) -> Group:
    """A group; `slots` as first and count."""
    seats = Slots(*slots, IPv6Network("fd62:7c3f:cad5:2::/64"), "demo-slot-", "north") if slots else None
    values: dict[str, Any] = {
        "namespace": "isthmus-test",
        "name": "demo-north",
        "uid": "group-uid",
        "generation": 1,
        "resource_version": "1",
        "created": 0.0,
        "deleting": False,
        "cluster": "demo",
        "owner": "",
        "replicas": replicas,
        "handed_down": "",
        "made_from": "",
        "scheduler_address": "tcp://[fd62:7c3f:cad5:1::10]:8786",
        "scheduler_http": "",
        "slots": seats,
        "template": Template({}, {}, {}, "now"),
        "status": {},
    }
    return Group(**{**values, **more})


def a_pod(
    name: str, state: str = "running", *, slot: int | None = None, created: float = 0.0, template: str = "now"
) -> PodView:
    """A pod that is pending, running, marked (running and marked for retirement), finished or ending."""
    return PodView(
        name=name,
        uid=f"{name}-uid",
        worker=name,
        ip="",
        slot=slot,
        created=created,
        running=state in ("running", "marked"),
        ready=state in ("running", "marked"),
        finished=state == "finished",
        ending=state == "ending",
        retiring=state == "marked",
        template=template,
    )


def a_worker(name: str, tasks: int = 0, nbytes: int = 0) -> Worker:
    return Worker(name, f"tcp://10.0.0.1:9000/{name}", tasks, nbytes)
