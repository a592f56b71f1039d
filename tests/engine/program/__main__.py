"""One data centre as the suite declares it: namespace, configuration, key, rights, CRD with one object, workload."""

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

GROUP = "engine.test"


class Site(pulumi.ComponentResource):
    """Everything of one data centre; `key` is secret and reaches a Secret and nothing else."""

    def __init__(self, name: str, suffix: str, port: int, key: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
        super().__init__("enginetest:index:Site", name, {}, opts)
        self.child = pulumi.ResourceOptions(parent=self)
        self.namespace = kubernetes.core.v1.Namespace(
            f"{name}-namespace", metadata={"name": f"engine-a{suffix}"}, opts=self.child
        )
        self.config = kubernetes.core.v1.ConfigMap(
            f"{name}-config",
            metadata=ObjectMetaArgs(namespace=self.namespace.metadata.name),
            data={"port": str(port)},
            opts=self.child,
        )
        kubernetes.core.v1.Secret(
            f"{name}-key", metadata=self.named("key"), string_data={"tunnel.json": key}, opts=self.child
        )
        self.rights(name)
        self.custom(name, port)
        self.storage(name)
        self.workload(name, port)
        self.register_outputs({"namespace": self.namespace.metadata.name})

    def named(self, name: str, **annotations: str) -> ObjectMetaArgs:
        notes = {f"pulumi.com/{key}": value for key, value in annotations.items()}
        return ObjectMetaArgs(namespace=self.namespace.metadata.name, name=name, annotations=notes or None)

    def rights(self, name: str) -> None:
        account = kubernetes.core.v1.ServiceAccount(f"{name}-account", metadata=self.named("agent"), opts=self.child)
        rule: Any = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
        role = kubernetes.rbac.v1.Role(
            f"{name}-role",
            metadata=self.named("agent"),
            rules=[rule],
            opts=self.child,
        )
        subject: Any = {
            "kind": "ServiceAccount",
            "name": account.metadata.name,
            "namespace": self.namespace.metadata.name,
        }
        kubernetes.rbac.v1.RoleBinding(
            f"{name}-binding",
            metadata=self.named("agent"),
            role_ref=kubernetes.rbac.v1.RoleRefArgs(
                api_group="rbac.authorization.k8s.io", kind="Role", name=role.metadata.name
            ),
            subjects=[subject],
            opts=self.child,
        )

    def custom(self, name: str, port: int) -> None:
        schema: Any = {
            "type": "object",
            "required": ["replicas"],
            "properties": {
                "replicas": {"type": "integer"},
                "extra": kubernetes.apiextensions.v1.JSONSchemaPropsArgs(
                    type="object", x_kubernetes_preserve_unknown_fields=True
                ),
            },
        }
        spec: Any = {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": "groups", "singular": "group", "kind": "Group"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": schema}}},
                    "subresources": {
                        "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
                    },
                }
            ],
        }
        crd = kubernetes.apiextensions.v1.CustomResourceDefinition(
            f"{name}-crd", metadata={"name": f"groups.{GROUP}"}, spec=spec, opts=self.child
        )
        kubernetes.apiextensions.CustomResource(
            f"{name}-group",
            api_version=f"{GROUP}/v1",
            kind="Group",
            # The server's collector learns of a new kind within half a minute; no foreground deletion ends before.
            metadata=self.named("workers", deletionPropagationPolicy="background"),
            spec={"replicas": 2, "extra": {"secretPrefix": "slot-", "port": port}},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[crd],
                ignore_changes=["spec.replicas"],
                custom_timeouts=pulumi.CustomTimeouts(delete="2s"),  # who waits for nobody's finalizer waits that long
            ),
        )

    def storage(self, name: str) -> None:
        storage_class = kubernetes.storage.v1.StorageClass(
            f"{name}-class",
            metadata={"name": "engine-a"},
            provisioner="kubernetes.io/no-provisioner",
            volume_binding_mode="WaitForFirstConsumer",
            opts=self.child,
        )
        spec: Any = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class.metadata.name,
            "resources": {"requests": {"storage": "1Gi"}},
        }
        kubernetes.core.v1.PersistentVolumeClaim(
            f"{name}-claim", metadata=self.named("data"), spec=spec, opts=self.child
        )

    def workload(self, name: str, port: int) -> None:
        # The tests' API server has no nodes: nothing becomes ready there.
        labels = {"app": "scheduler"}
        spec: Any = {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": "agent",
                    "containers": [
                        {
                            "name": "main",
                            "image": "registry.example/dask:1",
                            "ports": [{"containerPort": port}],
                            "resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}},
                            "envFrom": [{"configMapRef": {"name": self.config.metadata.name}}],
                        }
                    ],
                },
            },
        }
        kubernetes.apps.v1.Deployment(
            f"{name}-scheduler",
            metadata=self.named("scheduler", skipAwait="true", patchForce="true"),
            spec=spec,
            opts=self.child,
        )
        kubernetes.core.v1.Service(
            f"{name}-service",
            metadata=self.named("scheduler", skipAwait="true"),
            spec={"selector": labels, "ports": [{"port": port}]},
            opts=self.child,
        )


def declare() -> None:
    """The whole stack."""
    config = pulumi.Config()
    provider = kubernetes.Provider(
        "site", kubeconfig=config.require("kubeconfig"), cluster_identifier="site", enable_config_map_mutable=False
    )
    key = random.RandomPassword(
        "seed", length=48, special=False, opts=pulumi.ResourceOptions(provider=random.Provider("random"))
    )
    name = config.get("name") or "a"
    site = Site(
        name,
        suffix=config.get("suffix") or "",
        port=config.require_int("port"),
        key=key.result.apply(lambda seed: f'{{"private_key": "{seed}"}}'),
        opts=pulumi.ResourceOptions(provider=provider, aliases=[pulumi.Alias(name="a")] if name != "a" else None),
    )
    for number in range(config.get_int("configMaps") or 0):
        kubernetes.core.v1.ConfigMap(
            f"bulk-{number:03d}",
            metadata={"name": f"bulk-{number:03d}", "namespace": site.namespace.metadata.name},
            data={"number": str(number)},
            opts=pulumi.ResourceOptions(provider=provider),
        )
    pulumi.export("namespace", site.namespace.metadata.name)
    pulumi.export("config", site.config.metadata.name)
    pulumi.export("seed", key.result)


declare()
