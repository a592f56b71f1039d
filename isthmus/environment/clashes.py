"""Relations between fields of different files: each row can be right alone and wrong beside another."""

from collections.abc import Callable, Iterator
from itertools import combinations

from isthmus.environment.model import Environment, ExternalSite, Site
from isthmus.errors import Mistake


def clashes(environment: Environment) -> list[Mistake]:
    """Every contradiction between the parts of an environment, in the order of the checks."""
    return [mistake for check in CHECKS for mistake in check(environment)]


def _file(environment: Environment, site: str) -> str:
    return f"stacks/{environment.name}/{site}.yaml"


def _everyone(environment: Environment) -> list[Site | ExternalSite]:
    return [*environment.sites, *environment.external]


def _ids(environment: Environment) -> Iterator[Mistake]:
    taken: dict[int, str] = {}
    ids = {site.id for site in _everyone(environment)}
    free = next(number for number in range(1, 0x10000) if number not in ids)
    for site in _everyone(environment):
        if site.id in taken:
            problem = f"got {site.id}, which {taken[site.id]} already has. It becomes the site's IPv6 subnet."
            yield Mistake(_file(environment, site.name), "id", problem, f"Next free: {free}.")
        taken.setdefault(site.id, site.name)


def _names(environment: Environment) -> Iterator[Mistake]:
    names = [site.name for site in _everyone(environment)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Mistake(f"stacks/Pulumi.{environment.name}.yaml", "config.isthmus:sites", f"{name} stands there twice.")


def _scheduler(environment: Environment) -> Iterator[Mistake]:
    names = [site.name for site in environment.sites]
    if environment.scheduler.site not in [site.name for site in _everyone(environment)]:
        yield Mistake(
            f"stacks/Pulumi.{environment.name}.yaml",
            "config.isthmus:scheduler.site",
            f"got {environment.scheduler.site!r}; expected one of the sites: {', '.join(names)}.",
        )


def _pools(environment: Environment) -> Iterator[Mistake]:
    taken: dict[str, str] = {}
    for site in environment.sites:
        for pool in site.pools:
            if pool in taken:
                problem = f"site {taken[pool]} already has a pool {pool}; a pool's name is unique in the environment."
                yield Mistake(_file(environment, site.name), f"pools.{pool}", problem)
            taken.setdefault(pool, site.name)


def _slots(environment: Environment) -> Iterator[Mistake]:
    for site in environment.sites:
        for (one, left), (two, right) in combinations(sorted(site.pools.items()), 2):
            shared = sorted(set(left.slots.numbers) & set(right.slots.numbers))
            if shared:
                problem = f"slots {shared[0]} to {shared[-1]} are pool {one}'s too; a slot is one address and one key."
                free = max(left.slots.numbers[-1], right.slots.numbers[-1]) + 1
                yield Mistake(_file(environment, site.name), f"pools.{two}.slots", problem, f"First free: {free}.")
        for name, pool in sorted(site.pools.items()):
            if pool.workers.max > pool.slots.count:
                problem = f"workers.max is {pool.workers.max}, but there are only {pool.slots.count} slots."
                yield Mistake(_file(environment, site.name), f"pools.{name}.slots.count", problem)


def _catalog(environment: Environment) -> Iterator[Mistake]:
    taken: dict[str, str] = {}
    for site in environment.sites:
        for name, pool in sorted(site.pools.items()):
            for position, prefix in enumerate(pool.catalog):
                owner = taken.setdefault(prefix.rstrip("/"), name)
                if owner != name:
                    problem = f"{prefix} is in the catalog of pool {owner} too; a prefix names one pool."
                    yield Mistake(_file(environment, site.name), f"pools.{name}.catalog.{position}", problem)


def _volumes(environment: Environment) -> Iterator[Mistake]:
    for site in environment.sites:
        for name, pool in sorted(site.pools.items()):
            for field in ("name", "mountPath"):
                values = [getattr(volume, field) for volume in pool.volumes]
                for value in sorted({value for value in values if values.count(value) > 1}):
                    yield Mistake(
                        _file(environment, site.name), f"pools.{name}.volumes", f"{field} {value} stands there twice."
                    )


def _reachable(environment: Environment) -> Iterator[Mistake]:
    """Of each pair of sites one must be dialled: a site that carries others' traffic is not built yet."""
    for one, two in combinations(_everyone(environment), 2):
        ends = [site.endpoint if isinstance(site, ExternalSite) else site.gateway.endpoint for site in (one, two)]
        if not any(ends):
            problem = f"neither {one.name} nor {two.name} has an endpoint, so neither can dial the other."
            yield Mistake(_file(environment, two.name), "gateway.endpoint", problem, "State one of the two.")


CHECKS: tuple[Callable[[Environment], Iterator[Mistake]], ...] = (
    _names,
    _ids,
    _scheduler,
    _pools,
    _slots,
    _catalog,
    _volumes,
    _reachable,
)
