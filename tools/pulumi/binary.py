"""The Pulumi CLI, built from its Go module alone: nothing but the module proxy is asked for it."""

from pathlib import Path
from typing import Final

from isthmus.local import binaries

_MODULE: Final = "github.com/pulumi/pulumi/pkg/v3"

#: Without the version flag the CLI reports none, and `requiredPulumiVersion` of a project checks nothing.
CLI: Final = binaries.Recipe(
    name="pulumi",
    module=Path(__file__).resolve().parent / "cli",
    builds=(
        binaries.Build(
            (f"{_MODULE}/cmd/pulumi",),
            "pulumi",
            ldflags=f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={{version:{_MODULE}}}",
            cgo=True,
        ),
    ),
    cost="about 4 minutes on two cores",
)


def cli() -> Path:
    """The CLI, built if the cache has none. Raises what `binaries.build` raises."""
    return binaries.build(CLI) / "pulumi"
