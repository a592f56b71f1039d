"""An environment with everything that follows from its files filled in: addresses, who dials whom, what lies where.

Plain data, without a secret: of stack secrets only the keys are known here.
"""

from typing import Any

from isthmus.environment import Environment, ExternalSite, Pool, Site
from isthmus.wireguard import addresses


def resolved(environment: Environment) -> dict[str, Any]:
    """The whole environment as JSON data. Keys are those of the stack files, and what follows from them beside them."""
    scheduler = environment.site(environment.scheduler.site)
    return {
        "project": environment.project,
        "environment": environment.name,
        "cluster": environment.cluster,
        "protect": environment.protect,
        "network": {"prefix": str(environment.prefix), "mtu": environment.network.mtu},
        "scheduler": {
            **environment.scheduler.model_dump(mode="json"),
            "address": str(addresses.scheduler(environment.prefix, scheduler.id)),
        },
        "images": environment.images.model_dump(mode="json"),
        "sites": {site.name: _site(environment, site) for site in environment.sites},
        "external": {site.name: _external(environment, site) for site in environment.external},
        "catalog": _catalog(environment),
        "secrets": list(environment.secrets),
    }


def _site(environment: Environment, site: Site) -> dict[str, Any]:
    pools = {name: _pool(environment, site, pool) for name, pool in sorted(site.pools.items())}
    return {
        **_place(environment, site),
        **site.model_dump(mode="json", exclude={"name", "id", "pools", "gateway", "claims"}),
        "sharedWith": [other.name for other in environment.sharing(site) if other is not site],
        "gateway": {
            "address": str(addresses.gateway(environment.prefix, site.id)),
            **site.gateway.model_dump(mode="json"),
        },
        "pools": pools,
        "claims": {name: claim.model_dump(mode="json") for name, claim in sorted(site.claims.items())},
    }


def _external(environment: Environment, site: ExternalSite) -> dict[str, Any]:
    return {**_place(environment, site), **site.model_dump(mode="json", exclude={"name", "id"})}


def _place(environment: Environment, site: Site | ExternalSite) -> dict[str, Any]:
    """Where a site is in the data plane, and whose gateway calls whose: whoever has an endpoint is dialled."""
    endpoints = {
        **{other.name: other.gateway.endpoint for other in environment.sites},
        **{other.name: other.endpoint for other in environment.external},
    }
    own = {other.name for other in environment.sites}
    # Two sites of other stacks: whether they know each other is not ours to say.
    others = [name for name in endpoints if name != site.name and (name in own or site.name in own)]
    return {
        "id": site.id,
        "prefix": str(addresses.site_prefix(environment.prefix, site.id)),
        "dials": [name for name in others if endpoints[name]],
        "dialledBy": others if endpoints[site.name] else [],
    }


def _pool(environment: Environment, site: Site, pool: Pool) -> dict[str, Any]:
    workers = pool.workers.model_dump(mode="json")
    first, last = (addresses.slot(environment.prefix, site.id, pool.slots.numbers[end]) for end in (0, -1))
    return {
        "workers": {**workers, "cpu": pool.workers.cpu or str(pool.workers.threads)},
        "slots": {**pool.slots.model_dump(mode="json"), "firstAddress": str(first), "lastAddress": str(last)},
        "volumes": [volume.model_dump(mode="json") for volume in pool.volumes],
        "catalog": list(pool.catalog),
    }


def _catalog(environment: Environment) -> dict[str, dict[str, str]]:
    """Prefix of paths or URLs -> pool and site."""
    own = {pool: site.name for site in environment.sites for pool in site.pools}
    at = own | {pool: site.name for site in environment.external for pool in site.pools}
    return {prefix: {"pool": pool, "site": at[pool]} for prefix, pool in environment.catalog.items()}
