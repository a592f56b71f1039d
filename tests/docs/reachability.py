"""docs/reference/reachability.md: who may talk to whom, of every stack: `python -m tests.docs.reachability`."""

from typing import Final

from isthmus.graph.reachability import ELSEWHERE, GUESTS, flows, table
from tests.components.recorded import ROOT, STACKS, environment, kubernetes, manifests

PAGE: Final = ROOT / "docs" / "reference" / "reachability.md"
DNS: Final = "kube-system/dns"

HEAD: Final = f"""# Who may talk to whom

Made by `make golden` from the NetworkPolicies that each stack records: everything is closed by default, and these are
all the flows that are open. A flow is there if both of its ends let it pass. Pods are `namespace/kind`; a pool stands
for its workers. `client` and `scraper` are pods with the label `isthmus.dev/role` of that value, `{GUESTS}` is any
namespace that has the label `isthmus.dev/environment` and not `isthmus.dev/site`. A pod without our labels, in our
namespaces or in `{ELSEWHERE}`, calls and is called by nobody.

Left out: every pod of a site's namespace, and the controller, may ask the name service of `kube-system` (port 53). An
address block is what is outside; a name is none, so what is dialled by name opens its port to anywhere. What comes
through a tunnel is judged by its filter, not by these policies. Whether the network plugin of a site obeys policies
cannot be seen from here.
"""


def page() -> str:
    """The page as a text."""
    return "\n".join([HEAD, *(_section(stack, site) for stack in STACKS for site in kubernetes(stack))])


def _section(stack: str, site: str) -> str:
    sharing = [each.name for each in environment(stack).sharing(environment(stack).site(site))]
    rows = [row for row in table(flows(stack, manifests(stack, site))) if row[1] != DNS]
    lines = [f"## {stack}: {', '.join(sharing)}", "", "| from | to | ports |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {source} | {target} | {ports} |" for source, target, ports in rows), ""])


def main() -> None:
    """Writes the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
