"""Every name, label and port that others rely on: the one home of the contract.

The Dask operator's names (`dask.org`, `kubernetes.dask.org`, `{cluster}-scheduler`, ...) are upstream's contract
(dask-kubernetes 2026.3.0) and never change here; what is ours lives under DOMAIN.
"""

from typing import Final

DOMAIN: Final = "isthmus.dev"

# -- the Dask operator's contract
GROUP: Final = "kubernetes.dask.org"
VERSION: Final = "v1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
LABEL_CLUSTER: Final = "dask.org/cluster-name"
LABEL_COMPONENT: Final = "dask.org/component"
LABEL_WORKER_GROUP: Final = "dask.org/workergroup-name"
ENV_WORKER_NAME: Final = "DASK_WORKER_NAME"
ENV_SCHEDULER_ADDRESS: Final = "DASK_SCHEDULER_ADDRESS"

# -- ours
LABEL_ENVIRONMENT: Final = f"{DOMAIN}/environment"
LABEL_SITE: Final = f"{DOMAIN}/site"
LABEL_POOL: Final = f"{DOMAIN}/pool"
LABEL_SLOT: Final = f"{DOMAIN}/slot"
LABEL_ROLE: Final = f"{DOMAIN}/role"
"""`gateway`, `controller`: our own pods that the Dask operator does not know. `client`: a pod (of a namespace with
LABEL_ENVIRONMENT) that may reach the scheduler, such as a notebook. `scraper`: one that may read the metrics of the
tunnels, such as Prometheus."""
ANNOTATION_CONFIGURATION: Final = f"{DOMAIN}/configuration"
"""Digest of the configuration that a pod reads at its start, on pod templates: another one, other pods."""
ANNOTATION_HANDED_DOWN: Final = f"{DOMAIN}/replicas-handed-down"
"""On a default group: the DaskCluster's replicas that it was last given, so that only a change is handed down."""
ANNOTATION_TEMPLATE: Final = f"{DOMAIN}/template"
"""On what the controller makes: digest of the part of the custom resource that it was made from, at that time."""
ANNOTATION_RETIRING: Final = f"{DOMAIN}/retiring"
"""On a worker pod: the controller has asked the scheduler to retire it, or was about to."""

ENV_PREFIX: Final = "ISTHMUS_PREFIX"
"""The environment's /48, e.g. `fd12:3456:789a::/48`. Absent: no data plane, `isthmus.comm` does nothing."""
ENV_ADDRESS: Final = "ISTHMUS_ADDRESS"
"""This pod's data-plane address."""
ENV_SLOT: Final = "ISTHMUS_SLOT"
ENV_SITE: Final = "ISTHMUS_SITE"
ENV_CLUSTER: Final = "ISTHMUS_CLUSTER"

SYSTEM_NAMESPACE: Final = "isthmus-system"
CONTROLLER: Final = "controller"
"""The one controller of a Kubernetes: its Deployment and ServiceAccount in SYSTEM_NAMESPACE; Role and RoleBinding in
every namespace that it looks after, whichever stack made that one."""

#: Priority classes, where the stack may make some: what a site cannot do without, and workers, which give way to it.
PRIORITY_CORE: Final = "isthmus-core"
PRIORITY_WORKER: Final = "isthmus-worker"

#: Name of the native sidecar that the controller gives a slot's Secret, and of the volume it adds for it.
TUNNEL_CONTAINER: Final = "tunnel"
TUNNEL_VOLUME: Final = "tunnel-config"
TUNNEL_CONFIG_DIR: Final = "/etc/isthmus/tunnel"
TUNNEL_CONFIG_KEY: Final = "tunnel.json"
#: Where a gateway's tunnel keeps the endpoints it has learned (an emptyDir): its restart then calls the pods at once.
TUNNEL_STATE_DIR: Final = "/run/isthmus"

#: Where the ConfigMap with the zip of `isthmus.pools` and `isthmus.comm` and with Dask's YAML is mounted.
PYTHON_DIR: Final = "/etc/isthmus/python"
PYTHON_ZIP: Final = "isthmus.zip"
DASK_YAML: Final = "isthmus.yaml"

# -- ports
SCHEDULER_PORT: Final = 8786
DASHBOARD_PORT: Final = 8787
WORKER_PORT: Final = 9000
NANNY_PORT: Final = 9001
TUNNEL_PORT: Final = 51820
"""WireGuard, UDP."""
TUNNEL_HTTP_PORT: Final = 9090
"""The tunnel's /healthz, /readyz and /metrics."""
TUNNEL_SOCKS_PORT: Final = 1080
"""The tunnel's door to the data plane, on 127.0.0.1 of its pod only."""
CONTROLLER_HTTP_PORT: Final = 8080
"""The controller's /healthz and /readyz."""

DASK_GRACE_S: Final = 5
"""Seconds from SIGTERM to SIGKILL for schedulers and workers. Measured: a worker that loses its scheduler while it is
asked to stop hangs in half of all cases until it is killed (distributed 2026.8, 6 of 12); retirement has moved its data
before, so nothing is lost by a short grace. A scheduler keeps nothing, and its successor waits for its end."""

ENV_SCHEDULER_ROUTES: Final = "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES"
"""What the scheduler serves over HTTP. A list replaces Dask's own as a whole."""
SCHEDULER_ROUTES: Final = (
    "distributed.http.scheduler.prometheus",
    "distributed.http.scheduler.info",
    "distributed.http.scheduler.json",
    "distributed.http.health",
    "distributed.http.proxy",
    "distributed.http.statics",
    "distributed.http.scheduler.api",
)
"""Dask's six defaults (distributed 2026.8, distributed.yaml), then the API by which controllers ask and retire."""

# -- the low 64 bits of a data-plane address: who it is within its site
GATEWAY_NUMBER: Final = 0x1
SCHEDULER_NUMBER: Final = 0x10
FIRST_SLOT_NUMBER: Final = 0x11
"""Of slot 0; the others follow."""

DISTRIBUTED: Final = "distributed>=2026.8.0,<2026.9"
"""The Dask that isthmus supports, as pyproject.toml requires it."""

POOLS_ROUTE: Final = "/api/v1/pools"
"""Where the scheduler's HTTP server (DASHBOARD_PORT) tells what each pool needs."""


def service_host(service: str, namespace: str) -> str:
    """DNS name of a Service, inside its site, from any namespace.

    Without the cluster's domain, which a site may have chosen: every pod's search list ends the name.
    """
    return f"{service}.{namespace}.svc"


def namespace(environment: str) -> str:
    """Namespace of an environment's gateway, scheduler and workers at a site that states no other."""
    return f"isthmus-{environment}"


def scheduler(cluster: str) -> str:
    """Name of the scheduler's Deployment and Service; at other sites of the gateway's alias Service."""
    return f"{cluster}-scheduler"


def default_group(cluster: str) -> str:
    """Name of the DaskWorkerGroup that a DaskCluster brings along."""
    return f"{cluster}-default"


def worker_group(cluster: str, pool: str) -> str:
    """Name of a pool's DaskWorkerGroup, so that upstream's `scale(worker_group=pool)` finds it."""
    return f"{cluster}-{pool}"


def worker(cluster: str) -> str:
    """ServiceAccount of the workers, without any right."""
    return f"{cluster}-worker"


def python(cluster: str) -> str:
    """ConfigMap with the zip of our Python and with Dask's YAML."""
    return f"{cluster}-python"


def tunnel_secret(owner: str) -> str:
    """Secret with the tunnel.json of a gateway or a scheduler, which is named `owner`."""
    return f"{owner}-tunnel"


def workers_service(cluster: str) -> str:
    """The headless Service of a site's workers: `subdomain` of their pods."""
    return f"{cluster}-workers"


def gateway(cluster: str) -> str:
    """Name of a site's gateway: Deployment, UDP Service, Secret's stem."""
    return f"{cluster}-gateway"


def slot_hostname(site: str, slot: int) -> str:
    """`hostname` of the worker in a slot; under `workers_service` it resolves inside its site."""
    return f"{site}-{slot}"


def slot_secret_prefix(cluster: str) -> str:
    """Stem of the slot Secrets of a site: `{stem}{slot}`."""
    return f"{cluster}-slot-"


def pool_resource(pool: str) -> str:
    """Dask worker resource that says which pool a worker belongs to (`--resources pool-NAME=1`)."""
    return f"pool-{pool}"
