"""Relations between parts of an environment: each can be right alone and wrong beside another."""

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import PurePosixPath
from typing import Final

from isthmus import names
from isthmus.catalog import Catalog
from isthmus.environment.pool import MAX_SLOTS
from isthmus.environment.shapes import MAX_ID
from isthmus.environment.sharing import shared_foundations, shared_namespaces, shared_node_ports, watched_twice
from isthmus.environment.site import doubles
from isthmus.environment.sketch import PoolSketch, SiteSketch, Sketch
from isthmus.environment.wording import did_you_mean, near_only
from isthmus.errors import CatalogError, Mistake

#: Volumes and folders of a worker's pod that are ours: a site's data must not hide them.
OUR_VOLUMES: Final = (names.TUNNEL_VOLUME, "python", "scratch")
OUR_PATHS: Final = ("/etc/isthmus", "/tmp", "/run/isthmus")  # noqa: S108 (a path in a pod)


def clashes(sketch: Sketch) -> list[Mistake]:
    """Every contradiction between the parts of an environment, in the order of the checks."""
    return [mistake for check in CHECKS for mistake in check(sketch)]


def free_id(sketch: Sketch) -> int:
    """A site id that nobody has: above every other, because a gap is where a site was removed; ids are never reused."""
    taken = {site.id for site in sketch.sites if site.id is not None}
    above = max(taken, default=0) + 1
    return above if above <= MAX_ID else next(number for number in range(1, above) if number not in taken)


def _listed_twice(sketch: Sketch) -> Iterator[Mistake]:
    for name in doubles(sketch.listed):
        yield sketch.at.wrong("sites", f"{name} stands there twice.", "Leave one out.")


def _ids(sketch: Sketch) -> Iterator[Mistake]:
    taken: dict[int, str] = {}
    for site in sketch.sites:
        if site.id is not None and (owner := taken.setdefault(site.id, site.name)) != site.name:
            problem = f"got {site.id}, which {owner} already has; expected an id that no other site has."
            fix = f"It becomes the site's IPv6 subnet. Not used by any site now: {free_id(sketch)}."
            yield site.at.wrong("id", problem, fix)


def _scheduler(sketch: Sketch) -> Iterator[Mistake]:
    known = {*sketch.listed, *(site.name for site in sketch.sites)}
    # Where the list cannot be read, a site whose file cannot be read either would be missing here.
    if sketch.scheduler_site is not None and sketch.listed and sketch.scheduler_site not in known:
        problem = f"got {sketch.scheduler_site}; expected one of the sites: {', '.join(sorted(known))}."
        near = near_only(did_you_mean(sketch.scheduler_site, known))
        yield sketch.at.wrong("scheduler.site", problem, near)


def _pool_names(sketch: Sketch) -> Iterator[Mistake]:
    taken: dict[str, str] = {}
    reserved = names.default_group(sketch.cluster)
    for site, pool, _ in _pools(sketch):
        if not site.external and names.worker_group(sketch.cluster, pool) == reserved:
            problem = f"the name is taken: {reserved} is the worker group that the Dask cluster brings along."
            yield site.at.wrong(f"pools.{pool}", problem, "Choose another name.")
        if (owner := taken.setdefault(pool, site.name)) != site.name:
            problem = f"site {owner} already has a pool {pool}; a pool's name is unique in the environment."
            yield site.at.wrong(f"pools.{pool}", problem, f"For example {site.name}-{pool}.")


def _slots(sketch: Sketch) -> Iterator[Mistake]:
    for site in sketch.sites:
        yield from _shared_slots(site)
        for name, pool in site.pools.items():
            if pool.slots is not None and pool.most is not None and pool.most > pool.slots.count:
                problem = f"got {pool.slots.count}, but workers.max is {pool.most}; each worker needs a slot."
                yield site.at.wrong(f"pools.{name}.slots.count", problem, "Raise count or lower max.")


def _shared_slots(site: SiteSketch) -> Iterator[Mistake]:
    ranges = {name: pool.slots.numbers for name, pool in site.pools.items() if pool.slots is not None}
    free = max((numbers.stop for numbers in ranges.values()), default=0)
    for (one, left), (two, right) in combinations(ranges.items(), 2):
        low, high = max(left[0], right[0]), min(left[-1], right[-1])
        if low <= high:
            problem = f"slots {low} to {high} are pool {one}'s too; a slot is one address and one key."
            fix = f"First free: {free}." if free < MAX_SLOTS else "Make one of the two smaller."
            yield site.at.wrong(f"pools.{two}.slots", problem, fix)


def _catalog(sketch: Sketch) -> Iterator[Mistake]:
    taken: list[tuple[str, str, str]] = []
    for site, name, pool in _pools(sketch):
        for position, prefix in pool.catalog.items():
            where = f"pools.{name}.catalog.{position}"
            for other, owner, at in taken:
                if (owner, at) == (name, site.name):
                    if prefix == other:
                        yield site.at.wrong(where, f"{prefix} stands there twice.", "Leave one out.")
                elif _same(prefix, other):
                    whose = f"pool {owner}" if owner != name else f"site {at}'s pool {owner}"
                    problem = f"{prefix} is in the catalog of {whose} too; a prefix names one pool."
                    yield site.at.wrong(where, problem, "Leave it out of one of the two.")
            taken.append((prefix, name, site.name))


def _same(prefix: str, other: str) -> bool:
    """Whether two prefixes hold the same data, however they are spelled."""
    if prefix == other:
        return True
    try:
        Catalog({prefix: "one", other: "two"})
    except CatalogError:
        return True
    return False


def _volumes(sketch: Sketch) -> Iterator[Mistake]:
    for site, name, pool in _pools(sketch):
        where = f"pools.{name}.volumes"
        for field in ("name", "mountPath"):
            values = (getattr(volume, field) for volume in pool.volumes.values())
            for value in doubles(value for value in values if value is not None):
                yield site.at.wrong(where, f"{field} {value} stands there twice.", "Each volume has its own.")
        for position, volume in pool.volumes.items():
            if volume.name in OUR_VOLUMES:
                problem = f"got {volume.name}, which isthmus uses itself in every worker."
                yield site.at.wrong(f"{where}.{position}.name", problem, "Choose another name, such as data.")
            for ours in OUR_PATHS:
                if volume.mountPath is not None and PurePosixPath(volume.mountPath).is_relative_to(ours):
                    problem = f"got {volume.mountPath}; {ours} is isthmus' own in every worker."
                    yield site.at.wrong(f"{where}.{position}.mountPath", problem, "Mount it elsewhere, such as /data.")


def _endpoints(sketch: Sketch) -> Iterator[Mistake]:
    """Of each pair of sites one must be dialled: a site that carries others' traffic is not built yet."""
    for one, two in combinations(sketch.sites, 2):
        field = "endpoint" if two.external else "gateway.endpoint"
        if one.external and two.external:
            continue  # how two foreign sites reach each other is not ours to say
        if one.endpoint is not None and one.endpoint == two.endpoint:
            yield two.at.wrong(field, f"site {one.name} has the same.", "Each gateway has its own endpoint.")
        if one.dials_known and two.dials_known and one.endpoint is None and two.endpoint is None:
            problem = f"missing, and {one.name} has none either, so neither can dial the other."
            yield two.at.wrong(field, problem, "State one of the two.")


def _prefix(sketch: Sketch) -> Iterator[Mistake]:
    """By default a prefix is hashed from the names of project and stack: another stack comes to another one."""
    for site in sketch.sites:
        if site.external and not sketch.prefix_stated:
            problem = f"missing; site {site.name} belongs to another stack, and both must have one prefix."
            fix = "Agree on a /48 of fd00::/8 and state it in both, such as fd12:3456:789a::/48."
            yield sketch.at.wrong("network.prefix", problem, fix)
            return


def _public_keys(sketch: Sketch) -> Iterator[Mistake]:
    for one, two in combinations(sketch.sites, 2):
        if one.public_key is not None and one.public_key == two.public_key:
            problem = f"site {one.name} has the same; each gateway has a key of its own."
            yield two.at.wrong("publicKey", problem, "Ask the site's operator for the right one.")


def _pools(sketch: Sketch) -> Iterator[tuple[SiteSketch, str, PoolSketch]]:
    for site in sketch.sites:
        for name, pool in site.pools.items():
            yield site, name, pool


CHECKS: tuple[Callable[[Sketch], Iterator[Mistake]], ...] = (
    _listed_twice,
    _ids,
    _scheduler,
    _pool_names,
    _slots,
    _catalog,
    _volumes,
    shared_namespaces,
    shared_foundations,
    shared_node_ports,
    watched_twice,
    _endpoints,
    _prefix,
    _public_keys,
)
