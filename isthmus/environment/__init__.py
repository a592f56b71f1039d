"""What is configured: the environment that `stacks/` describes, validated and immutable. No cloud, no cluster, no Dask.

    stacks/Pulumi.<env>.yaml      what holds for the whole environment
    stacks/<env>/<site>.yaml      one small file per data centre

`load()` is the way in from files, `described()` the one from a program's arguments, and both go the same way: what they
return is consistent, or they raise ConfigError with every mistake.
"""

from isthmus.environment.arguments import arguments, described
from isthmus.environment.between import between
from isthmus.environment.hints import hints
from isthmus.environment.load import load, stack_names
from isthmus.environment.model import Environment, Images, Scheduler
from isthmus.environment.pool import Pool, Slots, Workers
from isthmus.environment.site import Claim, ExternalPool, ExternalSite, Gateway, Install, Kubernetes, Site

__all__ = [
    "Claim",
    "Environment",
    "ExternalPool",
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
    "arguments",
    "between",
    "described",
    "hints",
    "load",
    "stack_names",
]
