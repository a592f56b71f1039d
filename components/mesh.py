"""From the environment to the data plane: the mesh, and what each peer's Secret holds once there is a seed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

import pulumi

from isthmus import names, wireguard
from isthmus.environment import Environment, Site
from isthmus.wireguard import Mesh, MeshSite
from isthmus.wireguard.peers import GATEWAY

#: Stands for the seed where only the shape of a configuration matters.
NO_SEED: Final = "0" * 32


def mesh_of(environment: Environment) -> Mesh:
    """The data plane that an environment describes."""
    gateway = names.gateway(environment.cluster)
    own = [
        MeshSite(
            site.name,
            site.id,
            site.gateway.endpoint,
            site.slots,
            gateway_host=names.service_host(gateway, site.namespace),
        )
        for site in environment.sites
    ]
    others = [MeshSite(site.name, site.id, site.endpoint, (), site.publicKey) for site in environment.external]
    return Mesh(
        environment=environment.name,
        prefix=environment.prefix,
        mtu=environment.network.mtu,
        scheduler_site=environment.scheduler.site,
        sites=(*own, *others),
    )


class DataPlane:
    """Everything that is derived from the environment's seed. What comes from it is secret unless it says otherwise."""

    def __init__(self, mesh: Mesh, seed: pulumi.Output[str], preshared_keys: Mapping[str, pulumi.Output[str]]) -> None:
        """preshared_keys: external site -> the key that both stacks agreed on."""
        self.mesh = mesh
        self._seed = seed
        self._agreed = pulumi.Output.from_input(dict(preshared_keys))

    def tunnel_json(self, site: str, peer: str) -> pulumi.Output[str]:
        """The tunnel.json of a peer: secret."""

        def render(known: list[object]) -> str:
            seed, agreed = known
            assert isinstance(seed, str)
            assert isinstance(agreed, dict)
            return json.dumps(wireguard.tunnel_config(self.mesh, site, peer, seed, external_preshared_keys=agreed))

        return pulumi.Output.secret(pulumi.Output.all(self._seed, self._agreed).apply(render))

    def public_key(self, site: str) -> pulumi.Output[str]:
        """The public key of a site's gateway; public, as its name says."""
        return pulumi.Output.unsecret(
            self._seed.apply(lambda seed: wireguard.public_key(self.mesh, site, GATEWAY, seed))
        )

    def digest(self, site: str, peer: str, *more: str) -> pulumi.Output[str]:
        """Changes when a peer's configuration or keys do, or one of `more`. Public: of keys it holds only the public
        one and fingerprints."""
        shape = json.dumps(wireguard.tunnel_config(self.mesh, site, peer, NO_SEED), sort_keys=True)
        known = [shape, *more]
        # Only gateways have peers in another stack.
        agreed = self._fingerprints() if peer == GATEWAY else pulumi.Output.from_input("")
        return pulumi.Output.all(self.public_key(site), agreed).apply(
            lambda keys: hashlib.sha256("\n".join([*known, *keys]).encode()).hexdigest()[:16]
        )

    def _fingerprints(self) -> pulumi.Output[str]:
        """SHA-256 of the agreed keys, a line each. Taken out of the secret on purpose: nobody guesses 32 random bytes
        from their hash, and a digest that was secret could be no annotation that a person compares."""

        def fingerprint(keys: Mapping[str, object]) -> str:
            return "\n".join(
                f"{site} {hashlib.sha256(str(key).encode()).hexdigest()}" for site, key in sorted(keys.items())
            )

        return pulumi.Output.unsecret(self._agreed.apply(fingerprint))


def dialled_by(mesh: Mesh, site: Site) -> list[str]:
    """host:port of the gateways that a site's gateway dials."""
    return [peer.endpoint for peer in wireguard.peers_of(mesh, site.name, GATEWAY) if peer.endpoint]
