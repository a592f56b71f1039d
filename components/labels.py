"""Labels: who an object belongs to, and which pods a Service or a NetworkPolicy means."""

from components.base import Place
from isthmus import names

Labels = dict[str, str]


def of_site(place: Place) -> Labels:
    """What every object of a site carries; the pods of an environment at a site are exactly the ones with these."""
    return {
        "app.kubernetes.io/part-of": "isthmus",
        names.LABEL_ENVIRONMENT: place["environment"],
        names.LABEL_SITE: place["site"],
    }


def gateway(place: Place) -> Labels:
    """Selects the gateway."""
    return {names.LABEL_ROLE: "gateway", names.LABEL_ENVIRONMENT: place["environment"]}


def controller() -> Labels:
    """Selects the controller, in the system namespace: one for every environment that shares a Kubernetes."""
    return {names.LABEL_ROLE: "controller"}


def client(place: Place) -> Labels:  # noqa: ARG001 - the same form as its neighbours
    """Selects whoever may talk to the scheduler without being part of the cluster."""
    return {names.LABEL_ROLE: "client"}


def scraper(place: Place) -> Labels:  # noqa: ARG001 - the same form as its neighbours
    """Selects whoever may read the metrics of gateways and tunnels."""
    return {names.LABEL_ROLE: "scraper"}


def scheduler(place: Place) -> Labels:
    """Selects the scheduler; the controller labels its pod so."""
    return {names.LABEL_CLUSTER: place["cluster"], names.LABEL_COMPONENT: "scheduler"}


def door(place: Place) -> Labels:
    """Selects the pod that clients and the controller of a site reach the scheduler by."""
    return scheduler(place) if place["scheduler_here"] else gateway(place)


def workers(place: Place) -> Labels:
    """Selects the workers of all pools; the controller labels them so."""
    return {names.LABEL_CLUSTER: place["cluster"], names.LABEL_COMPONENT: "worker"}


def pool(place: Place, name: str) -> Labels:
    """Selects the workers of one pool: the label comes with the pool's pod template."""
    return workers(place) | {names.LABEL_POOL: name}
