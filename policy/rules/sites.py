"""Everything of a site is made by the provider of that site."""

from collections.abc import Iterator
from typing import Final

from policy.plain import UNKNOWN, at
from policy.record import (
    Finding,
    Provider,
    Resource,
    ResourceRule,
    Settings,
    Severity,
    StackRule,
    Unknown,
    not_known,
)
from policy.stack import PROVIDER, Stack


def check_provider(resource: Resource, _: Settings) -> Iterator[Finding]:
    if not resource.is_kubernetes:
        return
    if resource.provider is None:
        yield Finding("provider", "is not stated")
        return
    if resource.provider.is_default:
        yield Finding("provider", "is the default one, which follows whatever kubeconfig is at hand")
    elif resource.site is UNKNOWN:
        yield not_known("metadata.labels")
    elif resource.site is not None and resource.site != resource.provider.name:
        yield Finding("provider", "is another site's than the one that the object's own label names")


def check_one_cluster_each(stack: Stack, _: Settings) -> Iterator[Finding]:
    taken: dict[object, str] = {}
    for provider in stack.resources:
        if provider.type != PROVIDER or Provider(provider.urn, provider.name).is_default:
            continue
        identifier = at(provider.props, "clusterIdentifier")
        if identifier is UNKNOWN:
            yield not_known("clusterIdentifier", provider.urn)
        elif not isinstance(identifier, str) or not identifier:
            yield Finding("clusterIdentifier", "is missing", provider.urn)
        elif taken.setdefault(identifier, provider.urn) != provider.urn:
            yield Finding("clusterIdentifier", "is another provider's too", provider.urn)


PROVIDERS: Final = ResourceRule(
    name="providers",
    title="Every Kubernetes object is made by the explicit provider of its own site.",
    why="A forgotten provider lands on the ambient kubeconfig, silently: one data centre's objects in another one.",
    fix="Declare it below the site's component with opts=self.child_opts(); a provider is called as its site.",
    standard="ours; pulumi:disable-default-providers says the same of the default one",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    check=check_provider,
    limits="An object without the label isthmus.dev/site (a CRD, the system namespace) is only kept off the default "
    "provider; that it is below the right site is seen in the recorded graph.",
)
ONE_CLUSTER_EACH: Final = StackRule(
    name="cluster-identifiers",
    title="Every provider states which cluster it is for, and no two state the same one.",
    why="Without it any change of the kubeconfig, even of a proxy, replaces the provider and everything it made.",
    fix="Set cluster_identifier to <environment>/<site>.",
    standard="ours",
    unknown=Unknown.IS_VIOLATION,
    check=check_one_cluster_each,
)
