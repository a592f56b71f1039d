"""The program that Pulumi runs: the stack's environment as one platform, and what others need to know of it."""

from pathlib import Path

import pulumi

from components.platform import Platform
from isthmus.environment import load

environment = load(Path(__file__).parent, pulumi.get_stack())
platform = Platform("isthmus", {"environment": environment, "secret": pulumi.Config().get_secret})

pulumi.export("schedulers", platform.schedulers)
pulumi.export("prefix", platform.prefix)
pulumi.export("namespaces", platform.namespaces)
pulumi.export("publicKeys", platform.public_keys)
