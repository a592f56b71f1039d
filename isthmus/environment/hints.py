"""What is probably a slip, and may be right: the files show only half of it."""

from collections.abc import Iterator

from isthmus.environment.model import Environment
from isthmus.environment.wording import nearest
from isthmus.errors import Mistake


def hints(environment: Environment) -> list[Mistake]:
    """What somebody should look at; nothing of it keeps an environment from being deployed."""
    return list(_claims(environment))


def _claims(environment: Environment) -> Iterator[Mistake]:
    """A claim that the stack does not make may exist already, or it may be a misspelt one of those that it makes."""
    for site in environment.sites:
        for name, pool in sorted(site.pools.items()):
            for position, volume in enumerate(pool.volumes):
                claim = volume.persistentVolumeClaim.claimName
                if claim not in site.claims and (near := nearest(claim, site.claims)):
                    yield Mistake(
                        f"stacks/{environment.name}/{site.name}.yaml",
                        f"pools.{name}.volumes.{position}.persistentVolumeClaim.claimName",
                        f"{claim} is none of this site's claims, but {near} is.",
                        f"Did you mean {near}? Right as it is if {claim} exists in namespace {site.namespace} already.",
                    )
