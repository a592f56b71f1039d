"""Which rule holds what: the well-known checks of Kubernetes linters, and what this suite adds to them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Row:
    """One check."""

    check: str
    rules: tuple[str, ...] = ()
    """Names of the rules that hold it."""
    instead: str = ""
    """Why no rule holds it, and who does."""


#: Numbered from 1 on the page.
ROWS: Final = (
    Row("not privileged", ("restricted",)),
    Row("no PID, IPC or network of the node", ("restricted",)),
    Row("no hostPath, no socket of the container runtime", ("volumes",)),
    Row("no hostPort", ("restricted",)),
    Row("all capabilities dropped, none added", ("capabilities",)),
    Row("no privilege escalation", ("restricted",)),
    Row("non-root, uid and gid at least 1000", ("restricted",)),
    Row("seccomp RuntimeDefault", ("restricted",)),
    Row("read-only root filesystem", ("read-only",)),
    Row("a securityContext for pod and container", ("restricted", "capabilities", "read-only")),
    Row("/proc masked, only sysctls of one pod", ("restricted",)),
    Row("only kinds of volumes that cannot reach the node", ("volumes",)),
    Row("AppArmor and SELinux as they are", ("restricted",)),
    Row("requests of CPU and memory", ("resources",)),
    Row("a limit on memory (one on CPU is optional)", ("resources",)),
    Row("disk of workers, which spill", ("resources",)),
    Row("images by digest, never latest", ("images",)),
    Row("images from listed registries", ("images",)),
    Row("pull policy Always", instead="not matched: pointless where images are named by digest"),
    Row("readiness and liveness, not the same", ("probes",)),
    Row("probes ask ports that the container opens", ("probes",)),
    Row("no token without rights", ("accounts",)),
    Row("an account of its own that exists", ("accounts",)),
    Row("secrets as files, none in the environment", ("key-material", "credentials")),
    Row("no variable twice", ("variables",)),
    Row("references resolve inside the stack", ("references",)),
    Row("selectors match the labels of their own pods", ("selectors",)),
    Row("labels are valid and complete", ("labels",)),
    Row("two replicas, or a declared singleton", ("replicas",)),
    Row("a strategy that fits the role", ("replicas",)),
    Row("replicas are spread over nodes", ("replicas",)),
    Row("a disruption budget that can be satisfied", ("disruptions",)),
    Row("a priority class for what others depend on", ("priority",)),
    Row("jobs end and are cleared away", ("jobs",)),
    Row("a Service selects a pod", ("selectors",)),
    Row("nothing is published but what is listed", ("exposure",)),
    Row("names of ports, no SSH, no privileged port", ("ports",)),
    Row("every pod under a NetworkPolicy, closed by default", ("default-deny", "flows")),
    Row("policies and their peers select something", ("selectors",)),
    Row("no wildcard in a role", ("rights",)),
    Row("no binding of cluster-admin", ("rights",)),
    Row("no reading of Secrets, by no role (others allow it by name)", ("rights",)),
    Row("no escalate, bind, impersonate, exec, proxy of nodes", ("rights",)),
    Row("pods are made by the controller only, in one namespace", ("pod-makers",)),
    Row("no right over webhooks or certificates", ("rights",)),
    Row("not the default namespace; namespaces with Pod Security and quota", ("namespaces", "quotas")),
    Row("no credential in a ConfigMap", ("credentials", "key-material")),
    Row("stable API versions", ("api-versions",)),
    Row("everything of a site by the site's provider", ("providers", "cluster-identifiers")),
    Row(
        "a custom resource waits for its definition, its namespace and its controller",
        instead="order is no property: the recorded graph is held to it (tests/components/test_tree.py)",
    ),
    Row("definitions, namespaces, claims and the seed are protected", ("protection",)),
    Row(
        "custom resources fit their definition",
        ("custom-resources",),
        "rules in CEL are the API server's (tests/components/test_api_server.py)",
    ),
    Row("addresses and slots are unique over all sites", ("addresses",)),
    Row(
        "keys are secret from end to end, and files that only their peer can read",
        ("key-material", "keys-mounted"),
        "marks of secrets are not shown to a policy: the recorded graph is held to them (tests/components)",
    ),
    Row("workers are tagged with a pool of their site", ("pool-tags",)),
    Row(
        "every resource has its component, every component registers outputs",
        instead="policies see neither: the recorded graph is held to it (tests/components/test_tree.py)",
    ),
)
