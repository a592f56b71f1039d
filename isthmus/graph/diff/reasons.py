"""Why a resource must be replaced, and what follows when another one is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from isthmus.graph.diff.model import place_of
from isthmus.graph.diff.paths import Difference, covers, parsed
from isthmus.graph.diff.replacing import replacing
from isthmus.graph.model import SECRET, UNKNOWN, Graph, Json, Node

KUBERNETES: Final = "pulumi:providers:kubernetes"
PASSWORD: Final = "random:index/randomPassword:RandomPassword"  # noqa: S105
PROVIDER_REPLACED: Final = "its provider is replaced"
PROVIDER_OTHER: Final = "its provider is another one"
REPLACED_WITH: Final = "it is to be replaced with another one that is"
TRIGGERED: Final = "its replacement trigger is another one"
#: Reasons that are no property paths.
WORDS: Final = (PROVIDER_REPLACED, PROVIDER_OTHER, REPLACED_WITH, TRIGGERED)
#: What says which Kubernetes a provider means, where no identifier does.
ADDRESS: Final = ("kubeconfig", "context", "cluster")


@dataclass(frozen=True)
class Consequences:
    """What is known about all resources while one of them is judged."""

    olds: Mapping[str, Node]
    """By URN, of the old graph; `news` of the new one."""
    news: Mapping[str, Node]
    continued: Mapping[str, str]
    """URN of a resource -> the one that it had."""
    replaced: frozenset[str] = frozenset()
    """URNs of the new graph."""
    drawn: frozenset[str] = frozenset()
    """Passwords that are drawn anew. In both records they are the same, because a record draws none."""

    @classmethod
    def of(cls, before: Graph, after: Graph, pairs: Sequence[tuple[Node | None, Node]]) -> Self:
        """Before anything is known to be replaced."""
        return cls(
            olds={node.urn: node for node in before.nodes},
            news={node.urn: node for node in after.nodes},
            continued={new.urn: old.urn for old, new in pairs if old is not None},
            drawn=frozenset(new.urn for old, new in pairs if old is None and new.type == PASSWORD),
        )

    def with_replaced(self, urns: Iterable[str]) -> Self:
        """The same, with these replaced."""
        replaced = frozenset(urns)
        drawn = self.drawn | {urn for urn in replaced if self.news[urn].type == PASSWORD}
        return replace(self, replaced=replaced, drawn=drawn)


def reasons_of(
    old: Node, new: Node, inputs: Mapping[str, Json], found: Sequence[Difference], known: Consequences
) -> tuple[str, ...]:
    """Property paths that force a replacement, and in words whatever else does; empty if nothing does.

    inputs: the new properties without what is ignored. found: how they differ from the old ones, before hiding.
    """
    if not new.custom:
        return ()
    paths = [place_of(difference) for difference in found]
    reasons = list(_taken_along(old, new, known))
    if new.is_kubernetes:
        reasons += replacing(paths, old.inputs, inputs, _mutable(known.news.get(new.provider)))
    elif new.type == KUBERNETES:
        reasons += _moved(old.inputs, inputs)
    elif new.type.startswith("random:"):
        reasons += paths  # whatever it is drawn with
    wanted = [parsed(pattern) for pattern in new.options.replace_on_changes]
    reasons += [place_of(one) for one in found if any(covers(pattern, one.path) for pattern in wanted)]
    if old.options.replacement_trigger != new.options.replacement_trigger:
        reasons.append(TRIGGERED)
    return tuple(dict.fromkeys(reasons))


def follows(old: Node, new: Node, known: Consequences) -> Iterator[Difference]:
    """Properties whose value comes out of a password that is drawn anew."""
    ignored = [parsed(pattern) for pattern in new.options.ignore_changes]
    for name, urns in sorted(new.property_dependencies.items()):
        if known.drawn.isdisjoint(urns) or any(covers(pattern, (name,)) for pattern in ignored):
            continue
        secret = any(place.startswith(name) for place in (*old.secret_paths, *new.secret_paths))
        value = SECRET if secret else UNKNOWN
        yield Difference((name,), value, value)


def _taken_along(old: Node, new: Node, known: Consequences) -> Iterator[str]:
    if new.provider in known.replaced:
        yield PROVIDER_REPLACED
    elif known.continued.get(new.provider, "") != old.provider and _elsewhere(old, new, known):
        yield PROVIDER_OTHER
    if not known.replaced.isdisjoint(new.options.replace_with):
        yield REPLACED_WITH


def _elsewhere(old: Node, new: Node, known: Consequences) -> bool:
    """Whether another provider means another Kubernetes; of other providers, whether it is another one at all."""
    one, other = known.olds.get(old.provider), known.news.get(new.provider)
    if one is None or other is None or not one.type == other.type == KUBERNETES:
        return old.provider != new.provider
    return bool(list(_moved(one.inputs, other.inputs)))


def _moved(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    """What makes a provider's Kubernetes another one: its identifier if both have one, else how it is reached."""
    if old.get("clusterIdentifier") and new.get("clusterIdentifier"):
        if old["clusterIdentifier"] != new["clusterIdentifier"]:
            yield "clusterIdentifier"
        return
    yield from (name for name in ADDRESS if old.get(name) != new.get(name))


def _mutable(provider: Node | None) -> list[str]:
    """Kinds whose data the provider changes in place."""
    settings = {"ConfigMap": "enableConfigMapMutable", "Secret": "enableSecretMutable"}
    given = provider.inputs if provider is not None else {}
    return [kind for kind, setting in settings.items() if given.get(setting) in (True, "true")]
