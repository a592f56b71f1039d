"""What of an object's inputs still holds on the server: the answer to a refresh."""

from typing import Any

from tools.pulumi.stand_in.kubernetes.client import ApiError
from tools.pulumi.stand_in.kubernetes.cluster import Cluster
from tools.pulumi.stand_in.kubernetes.kinds import NoKind
from tools.pulumi.stand_in.kubernetes.objects import Object, without_server_fields


def inputs_now(cluster: Cluster, inputs: Object, live: Object, manager: str) -> Object:
    """The inputs that would lead to the live object: as they were, but for what somebody changed since.

    A dry run of the same inputs shows what the server makes of them, so that its defaults and spellings (`1000m` is
    `1`) do not count as changes.
    """
    try:
        again: Object | None = without_server_fields(cluster.apply(inputs, manager, force=True, dry_run=True))
    except (ApiError, NoKind):
        again = None  # the server no longer takes what it once took: all it holds counts
    kept: Object = _drifted(inputs, again, without_server_fields(live))
    return kept


def _drifted(wanted: Any, again: Any, live: Any) -> Any:
    if again == live:
        return wanted
    if isinstance(wanted, dict) and isinstance(again, dict) and isinstance(live, dict):
        # What the server drops of its own accord is no change; what only the live object lacks is one.
        kept = {key: value for key, value in wanted.items() if key in live or key not in again}
        # Nor is an empty map that nobody has filled yet, or that a controller fills between the two requests.
        empty = {key: value for key, value in wanted.items() if value == {} and key not in live}
        return {key: _drifted(value, again.get(key), live.get(key)) for key, value in kept.items()} | empty
    lists = isinstance(wanted, list) and isinstance(again, list) and isinstance(live, list)
    if lists and len(wanted) == len(again) == len(live):
        return [_drifted(*parts) for parts in zip(wanted, again, live, strict=True)]
    return live
