"""Rule `flows`."""

from policy.plain import UNKNOWN
from tests.policy.cases import CONFIG_MAP, PLANTED, Case, Gone, Secret, Sort, kubernetes, rows

PEER = {"podSelector": {"matchLabels": {"app": "a"}}}
PORTS = [{"protocol": "TCP", "port": 1}]
OPEN = kubernetes(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    "open",
    spec={
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [PEER], "ports": PORTS}],
        "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": PORTS}],
    },
)
FROM, TO = ("spec.ingress[0].from",), ("spec.egress[0].to",)

CASES: list[Case] = [
    Case("flows", Sort.GOOD, "no policy", (CONFIG_MAP,)),
    *rows(
        "flows",
        Sort.GOOD,
        OPEN,
        ("somebody, and everywhere outside by its block", "spec.podSelector", {}, ()),
        ("nothing", "spec.ingress", [], ()),
        ("nothing, unsaid", "spec.ingress", Gone.GONE, ()),
    ),
    *rows(
        "flows",
        Sort.BAD,
        OPEN,
        ("from nobody", "spec.ingress.0.from", [], FROM),
        ("from nobody, unsaid", "spec.ingress.0.from", Gone.GONE, FROM),
        ("to nobody", "spec.egress.0.to", [], TO),
        ("an empty rule", "spec.egress.0", {}, TO),
    ),
    *rows(
        "flows",
        Sort.UNKNOWN,
        OPEN,
        ("the rules", "spec.ingress", UNKNOWN, ("spec.ingress",)),
        ("who", "spec.ingress.0.from", UNKNOWN, FROM),
    ),
    *rows("flows", Sort.SECRET, OPEN, ("a port", "spec.egress.0", Secret({"ports": [{"port": PLANTED}]}), TO)),
]
