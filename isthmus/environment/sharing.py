"""Sites of one environment in one Kubernetes: a namespace for each, one owner for what there is only once."""

from collections.abc import Iterator
from itertools import combinations, groupby

from isthmus.environment.sketch import FOUNDATIONS, SiteSketch, Sketch
from isthmus.errors import Mistake


def shared_namespaces(sketch: Sketch) -> Iterator[Mistake]:
    """In one namespace two sites would overwrite each other: their objects have the same names."""
    for one, two in _neighbours(sketch):
        if one.namespace is not None and one.namespace == two.namespace:
            problem = f"{two.namespace} is site {one.name}'s in the same Kubernetes; expected a namespace of its own."
            yield two.at.wrong("namespace", problem, f"For example {two.namespace[:42]}-{two.name}.")


def shared_foundations(sketch: Sketch) -> Iterator[Mistake]:
    """CustomResourceDefinitions and controller of a Kubernetes have one owner."""
    for sites in _by_kubernetes(sketch):
        for field, what in FOUNDATIONS.items():
            owners = [site for site in sites if field in site.installs]
            for site in owners[1:]:
                problem = f"site {owners[0].name} installs {what} of the same Kubernetes; expected false."
                yield site.at.wrong(f"install.{field}", problem)


def shared_node_ports(sketch: Sketch) -> Iterator[Mistake]:
    """A node has each of its ports once."""
    for one, two in _neighbours(sketch):
        if one.node_port is not None and one.node_port == two.node_port:
            problem = f"got {two.node_port}, which is site {one.name}'s in the same Kubernetes."
            yield two.at.wrong("gateway.service.nodePort", problem, "Choose another, or leave it to Kubernetes.")


def watched_twice(sketch: Sketch) -> Iterator[Mistake]:
    """The namespaces of this stack are served without being asked for."""
    for sites in _by_kubernetes(sketch):
        served = {site.namespace: site.name for site in sites if site.namespace is not None}
        for site in sites:
            for namespace in site.watches:
                if namespace in served:
                    problem = f"{namespace} is this stack's own, of site {served[namespace]}: it is served anyway."
                    yield site.at.wrong("install.watches", problem, "Leave it out.")


def _by_kubernetes(sketch: Sketch) -> Iterator[list[SiteSketch]]:
    """The own sites, those in one Kubernetes together."""

    def access(site: SiteSketch) -> str:
        return repr(site.kubernetes)

    known = [site for site in sketch.sites if site.kubernetes is not None]
    for _, sites in groupby(sorted(known, key=access), key=access):  # sorted() keeps the order of equals
        yield list(sites)


def _neighbours(sketch: Sketch) -> Iterator[tuple[SiteSketch, SiteSketch]]:
    for sites in _by_kubernetes(sketch):
        yield from combinations(sites, 2)
