"""What two environments of one project would do to each other: each is right alone, and only one of them is loaded."""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from isthmus.environment.model import Environment
from isthmus.environment.site import Site
from isthmus.environment.sketch import FOUNDATIONS
from isthmus.errors import Mistake

Place = tuple[Environment, Site]


def between(environments: Sequence[Environment]) -> list[Mistake]:
    """What somebody should look at, such as after a copy of an environment; named by the file of the later one.

    It is no refusal: a context or a name may mean another Kubernetes tomorrow, and a stack may be about to end.
    """
    pairs = combinations(environments, 2)
    return [
        mistake
        for one, two in pairs
        for left, right in product(one.sites, two.sites)
        for mistake in _between((one, left), (two, right))
    ]


def _between(one: Place, two: Place) -> Iterator[Mistake]:
    left, right = one[1], two[1]
    if left.gateway.endpoint is not None and left.gateway.endpoint == right.gateway.endpoint:
        problem = f"{_file(one)} has the same; peers of either would dial a gateway of the other."
        yield Mistake(_file(two), "gateway.endpoint", problem, "Each gateway has its own endpoint.")
    if not _one_kubernetes(left, right):
        return
    yield from _foundations(one, two)
    if left.namespace == right.namespace:
        problem = f"{_file(one)} has {left.namespace} in the same Kubernetes; each would overwrite the other's objects."
        yield Mistake(_file(two), "namespace", problem, "Each environment has a namespace of its own.")
    port = right.gateway.service.nodePort
    if port is not None and port == left.gateway.service.nodePort:
        problem = f"{_file(one)} has {port} in the same Kubernetes; a node has each of its ports once."
        yield Mistake(_file(two), "gateway.service.nodePort", problem, "Choose another, or leave it to Kubernetes.")


def _foundations(one: Place, two: Place) -> Iterator[Mistake]:
    """What a Kubernetes has only once, and both stacks install."""
    both = [field for field in FOUNDATIONS if getattr(one[1].install, field) and getattr(two[1].install, field)]
    if not both:
        return
    what = " and ".join(FOUNDATIONS[field] for field in both)
    problem = f"{_file(one)} names the same Kubernetes, and both install {what}: each would overwrite the other's."
    left_out = ", ".join(f"{field}: false" for field in both)
    watched = ", and its namespace under install.watches in the other" if "controller" in both else ""
    fix = f"Say install: {{{left_out}}} in one of the two{watched}; or is another Kubernetes meant?"
    yield Mistake(_file(two), "install", problem, fix)


def _one_kubernetes(left: Site, right: Site) -> bool:
    """Whether two sites of a project say the same way in. A stack secret is each stack's own: its key says nothing."""
    return left.kubernetes.kubeconfigSecret is None and left.kubernetes == right.kubernetes


def _file(place: Place) -> str:
    environment, site = place
    return f"stacks/{environment.name}/{site.name}.yaml"
