"""A provider resource's arguments: checked, compared, and turned into a connection.

An API server that does not answer, as the official plugin has it (provider/pkg/provider/provider.go there):

    call        without more                         skipUpdateUnreachable              deleteUnreachable
    Configure   goes on, keeps the reason            as without it                      as without it
    Check       as ever                              gives back the old inputs          as without it
    Diff        compares with the state              finds nothing: inputs are the old  as without it
    Create      a preview goes on, an update fails   as without it: what is new fails   as without it
    Update      a preview goes on, an update fails   is never asked for                 as without it
    Read        fails                                gives back the state               forgets the resource
    Delete      fails                                fails                              forgets the resource

With both arguments Read forgets. It is asked for by `refresh` and `--refresh` only.
"""

from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2 as pb

from tools.pulumi.stand_in.bags import has_unknown
from tools.pulumi.stand_in.changes import answer, changes
from tools.pulumi.stand_in.kubernetes.client import ApiError, Unreachable
from tools.pulumi.stand_in.kubernetes.cluster import Cluster
from tools.pulumi.stand_in.kubernetes.kubeconfig import KubeconfigError, access
from tools.pulumi.stand_in.kubernetes.settings import refused, settings


class Connection:
    """A provider's settings and its API server, if that can be reached."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        """Asks the server for its version, so that an unreachable one is known before the first resource."""
        self.settings = settings(arguments)
        self.cluster: Cluster | None = None
        self.problem = ""
        """Why there is no `cluster`; empty if there is one, or if this preview does not know which."""
        if not arguments or not self.settings.known:
            return
        try:
            cluster = Cluster(self.settings)
            cluster.client.get("/version")
        except (KubeconfigError, Unreachable, ApiError) as error:
            self.problem = f"the API server cannot be reached: {error}"
        else:
            self.cluster = cluster

    def need(self) -> Cluster:
        """The API server. Raises Unreachable."""
        if self.cluster is None:
            raise Unreachable(self.problem or "the kubeconfig is not known yet")
        return self.cluster


def check_config(arguments: Mapping[str, Any]) -> list[str]:
    """What is wrong with a provider's arguments."""
    return refused(arguments)


def diff_config(old: Mapping[str, Any], new: Mapping[str, Any]) -> pb.DiffResponse:
    """A provider, and all its resources with it, is replaced only when it points to another Kubernetes."""
    found = list(changes(old, new))
    moved = not has_unknown(dict(new)) and _place(old, new) != _place(new, old)
    return answer(found, [change.path for change in found] if moved else [])


def _place(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """What tells one Kubernetes from another: the identifier if both have one, else the server's address."""
    if one.get("clusterIdentifier") and other.get("clusterIdentifier"):
        return str(one["clusterIdentifier"])
    try:
        given = settings(one)
        return access(given.kubeconfig, given.context, given.cluster).server
    except KubeconfigError:
        return ""
