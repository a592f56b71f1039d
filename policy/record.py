"""A rule: one record that says what must hold and why, and one pure check over plain data."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from isthmus import names
from policy.plain import scalar

if TYPE_CHECKING:
    from policy.stack import Stack

Settings: TypeAlias = Mapping[str, Any]

_KUBERNETES: Final = "kubernetes:"


@dataclass(frozen=True)
class Provider:
    """The provider that a resource is made by."""

    urn: str
    name: str

    @property
    def is_default(self) -> bool:
        """Whether it is the one that Pulumi makes up from the ambient kubeconfig (`default`, `default_4_34_2`)."""
        return self.name.split("_")[0] == "default"


@dataclass(frozen=True)
class Resource:
    """What a rule sees of a resource."""

    type: str
    """Pulumi's type token, e.g. `kubernetes:apps/v1:Deployment`."""
    name: str
    props: Mapping[str, Any]
    """Plain, see `plain`."""
    urn: str = ""
    protect: bool = False
    provider: Provider | None = None
    memo: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What has been worked out of the resource: many rules ask for the same."""

    @property
    def kind(self) -> str:
        """The last part of the type, e.g. `Deployment`."""
        return self.type.rpartition(":")[2]

    @property
    def is_kubernetes(self) -> bool:
        """Whether it is an object of a Kubernetes API (and no provider of one)."""
        return self.type.startswith(_KUBERNETES)

    @property
    def world(self) -> str:
        """The Kubernetes that the object is in, by its provider's URN; empty if it has none."""
        return self.provider.urn if self.provider else ""

    @property
    def namespace(self) -> object:
        """The object's namespace; None if it has none, UNKNOWN if it is not known."""
        return scalar(self.props, "metadata", "namespace")

    @property
    def place(self) -> tuple[str, object, object]:
        """Where the object is: world, namespace, name."""
        return self.world, self.namespace, scalar(self.props, "metadata", "name")

    @property
    def site(self) -> object:
        """The site that the object's own label names; None if it has none, UNKNOWN if it is not known."""
        return scalar(self.props, "metadata", "labels", names.LABEL_SITE)


@dataclass(frozen=True)
class Finding:
    """One place where a rule does not hold, or cannot be judged yet."""

    where: str
    """Path inside the resource; made of keys and of names of containers and volumes, never of values."""
    problem: str
    urn: str = ""
    """The resource, where a rule looks at a whole stack."""
    unknown: bool = False
    """The value is not known yet."""


def not_known(where: str, urn: str = "") -> Finding:
    """The finding for a value that is not known yet."""
    return Finding(where, "is not known before the update", urn, unknown=True)


class Unknown(Enum):
    """What a value that is not known yet means to a rule."""

    IS_VIOLATION = "counts as a violation: what cannot be judged at preview is not declared"
    WAITS = "is passed over at preview: the rule sees the value in the update, before the resource is made"


class Severity(Enum):
    """How bad a violation is."""

    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Setting:
    """Something that an environment may choose, in `policy/config.<env>.json`."""

    default: bool | tuple[str, ...]
    """Its type is the setting's: true or false, or a list of texts."""
    meaning: str

    def fits(self, value: object) -> bool:
        """Whether a value is of the setting's type."""
        if isinstance(self.default, bool):
            return isinstance(value, bool)
        return isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What every rule says of itself. Every rule is mandatory: an advisory one is a comment."""

    name: str
    title: str
    """What must hold: one sentence, shown with every violation."""
    why: str
    fix: str
    standard: str
    """Whose demand it is too."""
    unknown: Unknown
    severity: Severity = Severity.HIGH
    settings: Mapping[str, Setting] = field(default_factory=dict)
    limits: str = ""
    """What the rule cannot see, and who sees it instead."""

    def with_defaults(self, settings: Settings) -> dict[str, Any]:
        """The settings of an environment over the defaults of the rule."""
        return {name: setting.default for name, setting in self.settings.items()} | dict(settings)

    def judged(self, findings: Iterator[Finding]) -> Iterator[Finding]:
        """The findings that count, by what unknown means to the rule."""
        return (found for found in findings if not (found.unknown and self.unknown is Unknown.WAITS))


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """A rule about one resource: judged before the resource is made or changed."""

    check: Callable[[Resource, Settings], Iterator[Finding]]

    def violations(self, resource: Resource, settings: Settings) -> list[Finding]:
        """Where the rule does not hold for a resource."""
        return list(self.judged(self.check(resource, self.with_defaults(settings))))


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """A rule about how the resources of a stack fit together: judged when all of them are registered."""

    check: Callable[["Stack", Settings], Iterator[Finding]]

    def violations(self, stack: "Stack", settings: Settings) -> list[Finding]:
        """Where the rule does not hold for a stack; each finding names its resource."""
        return list(self.judged(self.check(stack, self.with_defaults(settings))))
