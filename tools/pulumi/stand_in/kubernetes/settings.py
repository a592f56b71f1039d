"""The arguments of a provider resource: what the stand-in honours, what it may ignore, what it refuses."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from tools.pulumi.stand_in.bags import UNKNOWN

#: Arguments that change nothing here: the stand-in warns of no deprecation, has no Helm and asks as fast as it can.
_HARMLESS: Final = frozenset(("suppressDeprecationWarnings", "suppressHelmHookWarnings", "kubeClientSettings"))


@dataclass(frozen=True)
class Settings:
    """A provider's arguments, under the names of the official plugin's."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    clusterIdentifier: str = ""  # noqa: N815
    enableServerSideApply: bool = True  # noqa: N815
    enablePatchForce: bool = False  # noqa: N815
    enableConfigMapMutable: bool = False  # noqa: N815
    enableSecretMutable: bool = False  # noqa: N815
    upsertExistingObjects: bool = False  # noqa: N815
    deleteUnreachable: bool = False  # noqa: N815
    skipUpdateUnreachable: bool = False  # noqa: N815

    @property
    def known(self) -> bool:
        """Whether this preview knows which server is meant."""
        return UNKNOWN not in (self.kubeconfig, self.context, self.cluster)


_FIELDS: Final = {field.name: field.type for field in fields(Settings)}


def settings(arguments: Mapping[str, Any]) -> Settings:
    """The settings; arguments may be text, as the engine passes them. Call `refused` first."""
    known = {name: value for name, value in arguments.items() if name in _FIELDS and value is not None}
    return Settings(**{name: _read(value, _FIELDS[name]) for name, value in known.items()})


def refused(arguments: Mapping[str, Any]) -> list[str]:
    """Arguments that ask for more than the stand-in does, one sentence each."""
    surplus = sorted(
        name
        for name, value in arguments.items()
        if name not in _FIELDS and name not in _HARMLESS and not name.startswith("__") and name != "version" and value
    )
    found = [f"{name} is beyond the stand-in for the kubernetes plugin; use the official plugin" for name in surplus]
    if not settings(arguments).enableServerSideApply:
        found.append(
            "enableServerSideApply is false; the stand-in for the kubernetes plugin only knows server-side apply"
        )
    return found


def _read(value: Any, kind: Any) -> Any:
    if kind is bool and isinstance(value, str):
        return value == "true"
    return value
