"""What a resource has from those above it, as the engine gives it (pulumi: pkg/resource/deploy/source_eval.go).

The SDK passes most of it on already; the engine does for what a transform changed and for what the SDK leaves out.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Told:
    """What is kept of a registered resource for the sake of those below it."""

    parent: str
    transforms: tuple[Any, ...]
    """Its own ones: callbacks."""
    request: Any


@dataclass
class Lineage:
    """The resources registered so far, by URN."""

    told: dict[str, Told] = field(default_factory=dict)
    stack_transforms: list[Any] = field(default_factory=list)

    def inherit(self, request: Any) -> None:
        """Completes a request by what its parent has: protection, provider, whose deletion is its own too."""
        above = self.told.get(request.parent)
        parent = above.request if above else None
        if parent is not None:
            request.deletedWith = request.deletedWith or parent.deletedWith
            for option in ("protect", "retainOnDelete"):
                if not request.HasField(option) and parent.HasField(option):
                    setattr(request, option, getattr(parent, option))
        if request.custom and not request.provider:
            package = request.type.partition(":")[0]
            request.provider = request.providers.get(package, "") or self._provider(parent, package)

    @staticmethod
    def _provider(parent: Any, package: str) -> str:
        if parent is None:
            return ""
        of_package = parent.provider.split("::")[2:3] == [f"pulumi:providers:{package}"]
        return str(parent.provider if of_package else parent.providers.get(package, ""))

    def transforms(self, request: Any) -> list[Any]:
        """The callbacks that change a request, in the engine's order: its own, each ancestor's, the stack's."""
        found = list(request.transforms)
        place = request.parent
        while place in self.told:
            found += self.told[place].transforms
            place = self.told[place].parent
        return found + self.stack_transforms

    def add(self, urn: str, request: Any, transforms: tuple[Any, ...]) -> None:
        """Keeps what those below a resource will have of it. `request` is what transforms made of it."""
        above = self.told.get(request.parent)
        if not request.custom and above is not None:
            for package, provider in above.request.providers.items():
                if package not in request.providers:
                    request.providers[package] = provider
        self.told[urn] = Told(request.parent, transforms, request)
