"""What is configured: the environment that `stacks/` describes, validated and immutable. No cloud, no cluster, no Dask.

    stacks/Pulumi.<env>.yaml      what holds for the whole environment
    stacks/<env>/<site>.yaml      one small file per data centre

`load()` is the only way in; everything it returns is consistent, or it raises ConfigError with every mistake.
"""

from isthmus.environment.load import load, stack_names
from isthmus.environment.model import (
    Claim,
    Environment,
    ExternalSite,
    Gateway,
    Images,
    Install,
    Kubernetes,
    Scheduler,
    Site,
)
from isthmus.environment.pool import Pool, Slots, Workers

__all__ = [
    "Claim",
    "Environment",
    "ExternalSite",
    "Gateway",
    "Images",
    "Install",
    "Kubernetes",
    "Pool",
    "Scheduler",
    "Site",
    "Slots",
    "Workers",
    "load",
    "stack_names",
]
