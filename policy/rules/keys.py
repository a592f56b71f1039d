"""Keys: only in Secrets, only as files, only where they belong."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from isthmus import names
from policy.plain import UNKNOWN, at, elements, scalar, texts
from policy.pods import Pod, pods_of
from policy.record import Finding, Resource, ResourceRule, Settings, Severity, StackRule, Unknown, not_known
from policy.stack import Stack

LEAKY_SEED: Final = "random:index/randomBytes:RandomBytes"
#: Permissions that a mounted key may have at most: owner and group may read (decimal in Kubernetes' JSON).
READABLE: Final = 0o440
#: What betrays key material in a text: the fields of a tunnel's configuration, the armour of a PEM file.
_KEY_MATERIAL: Final = re.compile(r"private_key|preshared_key|PrivateKey\s*=|-----BEGIN [A-Z ]*PRIVATE KEY-----")


# -- one resource


def check_key_material(resource: Resource, _: Settings) -> Iterator[Finding]:
    if resource.type == LEAKY_SEED:
        yield Finding("type", "shows its value as the resource's id, in the state and in every diff")
    if not resource.is_kubernetes or resource.kind in ("Secret", "CustomResourceDefinition"):
        return
    for field in ("data", "binaryData"):
        data = at(resource.props, field)
        if data is UNKNOWN:
            yield not_known(field)
        elif isinstance(data, dict) and names.TUNNEL_CONFIG_KEY in data:
            yield Finding(f"{field}.{names.TUNNEL_CONFIG_KEY}", "is a tunnel's configuration outside of a Secret")
    for where, text in texts(resource.props):
        if _KEY_MATERIAL.search(text):
            yield Finding(where, "holds key material outside of a Secret")
    for pod in pods_of(resource):
        yield from pod.gaps
        yield from _environment(pod)
        yield from _permissions(pod)


def _environment(pod: Pod) -> Iterator[Finding]:
    for container in pod.containers:
        for part, reference in (("env", ("valueFrom", "secretKeyRef")), ("envFrom", ("secretRef",))):
            if at(container.fields, part) is UNKNOWN:
                yield not_known(f"{container.where}.{part}")
            for where, variable in elements(at(container.fields, part), f"{container.where}.{part}"):
                if at(variable, *reference) is not None:
                    yield Finding(
                        where, "takes a Secret as an environment variable, which every child process inherits"
                    )


def _permissions(pod: Pod) -> Iterator[Finding]:
    for where, mode, items in _mounted_secrets(pod):
        for path, value in (
            (f"{where}.defaultMode", mode),
            *((f"{at_}.mode", at(item, "mode")) for at_, item in items),
        ):
            if value is UNKNOWN:
                yield not_known(path)
            elif value is None and path.endswith(".mode"):
                continue  # then defaultMode holds
            elif not isinstance(value, int) or value & ~READABLE:
                yield Finding(path, "lets others read the file than its owner and its group (0440 at most)")


def _mounted_secrets(pod: Pod) -> Iterator[tuple[str, Any, list[tuple[str, Any]]]]:
    """Path, defaultMode and items of each volume that holds a Secret."""
    for where, volume in pod.volumes:
        if (secret := at(volume, "secret")) is not None:
            place = f"{where}.secret"
            yield place, at(secret, "defaultMode"), list(elements(at(secret, "items"), f"{place}.items"))
        sources = elements(at(volume, "projected", "sources"), f"{where}.projected.sources")
        if projected := [(place, secret) for place, source in sources if (secret := at(source, "secret")) is not None]:
            items = [
                item for place, secret in projected for item in elements(at(secret, "items"), f"{place}.secret.items")
            ]
            yield f"{where}.projected", at(volume, "projected", "defaultMode"), items


# -- the whole stack


def check_keys_mounted(stack: Stack, _: Settings) -> Iterator[Finding]:
    keys = {key for key, secret in stack.named("Secret").items() if _holds_key(secret)}
    for placed in stack.pods:
        resource, pod = placed.resource, placed.pod
        for where, name in _names_of_secrets(pod):
            if name is UNKNOWN or resource.namespace is UNKNOWN:
                yield not_known(where, resource.urn)
            elif (*placed.where, scalar(name)) in keys and name != _own_key(resource, pod):
                yield Finding(where, "mounts the key of another peer", resource.urn)


def _holds_key(secret: Resource) -> bool:
    parts = [at(secret.props, part) for part in ("data", "stringData")]
    return any(part is UNKNOWN or (isinstance(part, dict) and names.TUNNEL_CONFIG_KEY in part) for part in parts)


def _own_key(resource: Resource, pod: Pod) -> object:
    """The one Secret with a key that a declared pod may mount; None for workers: the controller gives them theirs."""
    name = at(resource.props, "metadata", "name")
    if resource.kind == "DaskCluster" and pod.where.endswith("scheduler.spec") and isinstance(name, str):
        return names.tunnel_secret(names.scheduler(name))
    if resource.kind == "Deployment" and isinstance(name, str):
        return names.tunnel_secret(name)
    return None


def _names_of_secrets(pod: Pod) -> Iterator[tuple[str, Any]]:
    """Path and name of every Secret that a pod mounts."""
    for where, volume in pod.volumes:
        if (secret := at(volume, "secret")) is not None:
            yield f"{where}.secret", at(secret, "secretName")
        for place, source in elements(at(volume, "projected", "sources"), f"{where}.projected.sources"):
            if (secret := at(source, "secret")) is not None:
                yield place, at(secret, "name")


def tunnel_texts(secrets: Sequence[Resource]) -> Iterator[tuple[Resource, Any]]:
    """Every Secret with a tunnel's configuration, and its text; UNKNOWN until the seed is known.

    The provider writes `stringData` as base64 into `data`, so both are read.
    """
    for secret in secrets:
        written = at(secret.props, "stringData", names.TUNNEL_CONFIG_KEY)
        stored = at(secret.props, "data", names.TUNNEL_CONFIG_KEY)
        if UNKNOWN in (written, stored) and not isinstance(written, str):
            yield secret, UNKNOWN
        elif written is not None:
            yield secret, written
        elif stored is not None:
            yield secret, _decoded(stored)


def _decoded(text: Any) -> Any:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (TypeError, ValueError, binascii.Error):
        return None


KEY_MATERIAL: Final = ResourceRule(
    name="key-material",
    title="Keys are in Secrets and nowhere else, and reach a pod as files that only it can read.",
    why="ConfigMaps, custom resources and environment variables are read by many; what stands there is no secret.",
    fix="Put it in a Secret and mount that with defaultMode 0440; the seed is a RandomPassword.",
    standard="CIS Kubernetes Benchmark 5.4.1",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    check=check_key_material,
    limits="Whether a value is marked as a Pulumi secret is not shown to a policy: it gets secrets in the clear. The "
    "SDK marks data and stringData of every Secret; the recorded graph is held to it (tests/components). Texts that "
    "are not known at preview are read in the update.",
)
KEYS_MOUNTED: Final = StackRule(
    name="keys-mounted",
    title="Each key is mounted by the peer that it belongs to, and by nobody else.",
    why="A pod with another peer's key receives that peer's traffic. The controller gives out the keys of the slots.",
    fix="A gateway mounts <cluster>-gateway-tunnel, a scheduler <cluster>-scheduler-tunnel, a worker's template none.",
    standard="ours; least privilege",
    unknown=Unknown.IS_VIOLATION,
    severity=Severity.CRITICAL,
    check=check_keys_mounted,
    limits="Keys are recognised by what their Secrets hold (tunnel.json). Which worker gets a slot's is the "
    "controller's doing, and its tests'.",
)
