"""What is probably a slip, and may be right: the files show only half of it."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from isthmus.environment.model import Environment
from isthmus.environment.wording import nearest
from isthmus.errors import Mistake


def hints(environment: Environment) -> list[Mistake]:
    """What somebody should look at; nothing of it keeps an environment from being deployed."""
    return [*_claims(environment), *_unmounted(environment)]


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


def _unmounted(environment: Environment) -> Iterator[Mistake]:
    """Workers see a path of their pool in a volume, or in the image, which nobody here has looked into."""
    for site in environment.sites:
        for name, pool in sorted(site.pools.items()):
            mounts = [PurePosixPath(volume.mountPath) for volume in pool.volumes]
            for position, prefix in enumerate(pool.catalog):
                if prefix.startswith("/") and not any(_share(PurePosixPath(prefix), mount) for mount in mounts):
                    there = f"the pool mounts {', '.join(map(str, mounts))}" if mounts else "the pool mounts no volume"
                    yield Mistake(
                        f"stacks/{environment.name}/{site.name}.yaml",
                        f"pools.{name}.catalog.{position}",
                        f"{prefix} lies in no volume of the pool; {there}.",
                        f"Mount the data there, or mend the path. Right as it is if {prefix} is in the image.",
                    )


def _share(prefix: PurePosixPath, mount: PurePosixPath) -> bool:
    """Whether one of the two lies in the other."""
    return prefix.is_relative_to(mount) or mount.is_relative_to(prefix)
