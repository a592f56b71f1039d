"""Whatever a program sends, it is compared and told: values of a pull request are anybody's."""

import copy
import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from isthmus.graph import SECRET, UNKNOWN
from isthmus.graph.diff.changes import changes
from isthmus.graph.diff.comment import Report, markdown
from isthmus.graph.diff.comparison import compare
from isthmus.graph.diff.details import title_of
from isthmus.graph.diff.marking import visible
from isthmus.graph.diff.model import Operation
from isthmus.graph.diff.plain import as_json, as_text
from tests.graph.diff import graphs
from tests.graph.diff.graphs import graph, kube
from tests.graph.diff.patching import patched

#: Keys that the search for dangers looks at.
KEYS = st.sampled_from(
    [
        *("spec", "metadata", "labels", "rules", "subjects", "roleRef", "ingress", "egress", "from", "to", "ports"),
        *("port", "endPort", "ipBlock", "cidr", "except", "podSelector", "matchLabels", "matchExpressions", "verbs"),
        *("policyTypes", "template", "containers", "image", "name", "resources", "limits", "hard", "slots", "count"),
        *("hostNetwork", "hostPort", "nodePort", "type", "externalIPs", "max", "worker", "scheduler", "service"),
    ]
)
SCALARS = st.sampled_from([None, True, 0, 1, 1.5, -7, "", "x", "nan", "10.0.0.0/8", "Ingress", SECRET, UNKNOWN])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4))
KINDS = st.sampled_from(
    [
        graphs.DEPLOYMENT,
        graphs.SERVICE,
        graphs.NAMESPACE,
        graphs.POLICY,
        graphs.ROLE,
        graphs.BINDING,
        graphs.GROUP,
        graphs.CLUSTER,
        "core/v1:ResourceQuota",
        "core/v1:LimitRange",
    ]
)
BODIES = st.dictionaries(st.sampled_from(["spec", "rules", "subjects", "roleRef", "metadata"]), VALUES, max_size=4)


@settings(max_examples=80, deadline=None)
@given(KINDS, BODIES, BODIES)
def test_what_is_told_of_a_resource_leads_from_the_old_one_to_the_new_one(kind: str, old: Any, new: Any) -> None:
    before, after = kube(kind, "it", old), kube(kind, "it", new)
    found = [change for change in changes(graph(before), graph(after)) if change.operation is not Operation.DELETE]
    (reached,) = [patched(copy.deepcopy(before.inputs), one.properties) for one in found] or [before.inputs]

    assert json.dumps(reached, sort_keys=True) == json.dumps(after.inputs, sort_keys=True)


@settings(max_examples=40, deadline=None)
@given(KINDS, BODIES, BODIES)
@example(graphs.DEPLOYMENT, {"kind": []}, {"kind": []})
def test_no_value_stops_a_comparison(kind: str, old: Any, new: Any) -> None:
    one = compare(graph(kube(kind, "it", old)), graph(kube(kind, "it", new)))
    report = Report("a", "b", [one])

    for change in one.changes:
        assert all(change.node.name in form(report) for form in (markdown, as_json))
        assert visible(title_of(change)) in as_text(report)
