"""The program that Pulumi runs: the stack's environment as one platform, and what others need to know of it."""

from pathlib import Path

import pulumi

from components.platform import Platform
from components.platform_args import arguments_of
from isthmus.environment import load
from isthmus.errors import IsthmusError

try:
    environment, config = load(Path(__file__).parent, pulumi.get_stack()), pulumi.Config()
    secrets = {key: value for key in environment.secrets if (value := config.get_secret(key)) is not None}
    platform = Platform("isthmus", arguments_of(environment, secrets))
except IsthmusError as mistakes:
    raise pulumi.RunError(str(mistakes)) from mistakes  # the one error that Pulumi shows without a traceback

pulumi.export("schedulers", platform.schedulers)
pulumi.export("prefix", platform.prefix)
pulumi.export("namespaces", platform.namespaces)
pulumi.export("publicKeys", platform.public_keys)
