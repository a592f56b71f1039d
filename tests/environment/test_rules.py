"""A rule between fields is asked as soon as those fields are right, whatever else is wrong with the mapping."""

from pathlib import Path

import pytest

from tests.environment.projects import ABROAD, NORTH, SOUTH, STACK, mistakes, rewritten

FORECASTS = "pools.forecasts"
WORKERS = "workers: {min: 1, max: 8, threads: 4, memory: 16Gi, cpu: 3.5}"
SLOTS = "slots: {first: 8, count: 4}"
ACCESS = "kubernetes: {context: north-prod}"
GATEWAY = 'gateway: {endpoint: "wg.north.example:51820"}'
ENDPOINT = 'endpoint: "wg.north.example:51820"'

# file, text of the valid file, text with a broken rule and another mistake in one mapping, the fields that are named
BOTH = [
    (SOUTH, WORKERS, "workers: {min: 9, max: 8, threads: 0, memory: 16Gi}",
     [f"{FORECASTS}.workers.threads", f"{FORECASTS}.workers"]),
    (SOUTH, WORKERS, "workers: {min: 9, max: 8, memory: 16GB, thread: 2}",
     [f"{FORECASTS}.workers.memory", f"{FORECASTS}.workers.thread", f"{FORECASTS}.workers"]),
    (SOUTH, SLOTS, "slots: {first: 4095, count: 4, last: 4098}",
     ["pools.archive.slots.last", "pools.archive.slots"]),
    (NORTH, ACCESS, "kubernetes: {context: a, kubeconfigSecret: b, kubeconfig: [c]}",
     ["kubernetes.kubeconfig", "kubernetes"]),
    (NORTH, GATEWAY, f"gateway: {{{ENDPOINT}, service: {{type: ClusterIP, annotations: [a]}}}}",
     ["gateway.service.annotations", "gateway"]),
    (NORTH, GATEWAY, f"gateway: {{{ENDPOINT}, service: {{type: ClusterIP, nodePort: 30820}}}}",
     ["gateway.service", "gateway"]),
    (NORTH, GATEWAY, f"gateway: {{{ENDPOINT}, service: {{type: ClusterIP}}, port: 1}}",
     ["gateway.port", "gateway"]),
    (NORTH, "id: 1\n", "id: 1\ninstall: {controller: false, crds: 1, watches: [other]}\n",
     ["install.crds", "install.watches"]),
    (NORTH, "id: 1\n", "id: 1\ninstall: {controler: false, watches: [other, other]}\n",
     ["install.controler", "install.watches"]),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "expected"), BOTH, ids=[row[2].strip() for row in BOTH])
def test_a_broken_rule_is_named_beside_another_mistake_of_its_mapping(
    tmp_path: Path, file: str, old: str, new: str, expected: list[str]
) -> None:
    found = mistakes(rewritten(tmp_path, file, old, new))

    assert [mistake.path for mistake in found if mistake.file == file] == expected


VOLUMES = "volumes: [{name: data, persistentVolumeClaim: {claimName: forecasts}, mountPath: /data/forecasts}]"
WRONG_CLAIM = (
    "volumes: [{name: data, persistentVolumeClaim: {claimName: Foo_bar}, mountPath: /tmp/it}, "
    "{name: data, persistentVolumeClaim: {claimName: forecasts}, mountPath: /tmp/it}]"
)


def test_a_wrong_claim_hides_neither_the_name_nor_the_path_of_its_volume(tmp_path: Path) -> None:
    found = mistakes(rewritten(tmp_path, SOUTH, VOLUMES, WRONG_CLAIM))

    assert [(mistake.path.removeprefix(f"{FORECASTS}.volumes"), mistake.problem) for mistake in found][1:] == [
        ("", "name data stands there twice."),
        ("", "mountPath /tmp/it stands there twice."),
        (".0.mountPath", "got /tmp/it; /tmp is isthmus' own in every worker."),
        (".1.mountPath", "got /tmp/it; /tmp is isthmus' own in every worker."),
    ]
    assert found[0].path == f"{FORECASTS}.volumes.0.persistentVolumeClaim.claimName"


def test_a_prefix_at_another_site_is_named_with_that_site(tmp_path: Path) -> None:
    pools = "\npools: {archive: {workers: {max: 1, memory: 1Gi}, catalog: [/data/archive/]}}\n"

    found = mistakes(rewritten(tmp_path, NORTH, "\nkubernetes:", f"{pools}kubernetes:"))

    assert [(mistake.file, mistake.path, mistake.problem) for mistake in found] == [
        (SOUTH, "pools.archive", "site north already has a pool archive; a pool's name is unique in the environment."),
        (
            SOUTH,
            "pools.archive.catalog.0",
            "/data/archive/ is in the catalog of site north's pool archive too; a prefix names one pool.",
        ),
    ]


def test_a_list_that_cannot_be_read_does_not_blame_whoever_names_a_site_of_it(tmp_path: Path) -> None:
    root = rewritten(tmp_path, STACK, "[north, south, abroad]", "north, south, abroad")
    (root / NORTH).write_text("id: 1\n\tkubernetes: {}\n")

    assert [(mistake.file, mistake.path) for mistake in mistakes(root)] == [
        (NORTH, ""),
        (STACK, "config.isthmus:sites"),
    ]


# file, text of the valid file, text with one mistake that must not be taken for a broken rule too
ONE = [
    (NORTH, ACCESS, "kubernetes: {contxt: north-prod}", "kubernetes.contxt"),
    (NORTH, ACCESS, "kubernetes: {context: []}", "kubernetes.context"),
    (SOUTH, WORKERS, 'workers: {min: 1, max: "8", memory: 16Gi}', f"{FORECASTS}.workers.max"),
    (SOUTH, WORKERS, "workers: {min: 1, maxx: 8, memory: 16Gi}", f"{FORECASTS}.workers.maxx"),
    (NORTH, GATEWAY, 'gateway: {endpont: "wg.north.example:51820"}', "gateway.endpont"),
    (NORTH, GATEWAY, 'gateway: {endpont: "wg.north.example:51820", service: {type: NodePort}}', "gateway.endpont"),
    (NORTH, GATEWAY, f"gateway: {{{ENDPOINT}, service: {{type: Clusterip}}}}", "gateway.service.type"),
    (NORTH, GATEWAY, f"gateway: {{{ENDPOINT}, service: {{typ: ClusterIP}}}}", "gateway.service.typ"),
    (NORTH, "id: 1\n", "id: 1\ninstall: {controller: 0, watches: [other]}\n", "install.controller"),
]


@pytest.mark.parametrize(("file", "old", "new", "expected"), ONE, ids=[row[2].strip() for row in ONE])
def test_a_wrong_or_misspelt_field_is_one_mistake_and_breaks_no_rule(
    tmp_path: Path, file: str, old: str, new: str, expected: str
) -> None:
    root = rewritten(tmp_path, file, old, new)
    (root / ABROAD).write_text((root / ABROAD).read_text() + '  endpoint: "wg.abroad.example:51820"\n')

    assert [mistake.path for mistake in mistakes(root)] == [expected]


def test_two_files_are_compared_where_other_fields_of_theirs_are_wrong(tmp_path: Path) -> None:
    """North's gateway and south's installation are wrong in themselves; what clashes is said nevertheless."""
    root = rewritten(tmp_path, SOUTH, "kubernetes: {kubeconfigSecret: southKubeconfig}",
                     ACCESS + "\nnamespace: isthmus-south\ninstall: {namespaces: 1}")  # fmt: skip
    for file, old, new in (
        (NORTH, GATEWAY, f"gateway: {{{ENDPOINT}, service: {{type: NodePort, nodePort: 30820, annotations: 1}}}}"),
        (SOUTH, 'gateway: {endpoint: "wg.south.example:51820"}',
         f"gateway: {{{ENDPOINT}, service: {{type: NodePort, nodePort: 30820}}}}"),
    ):  # fmt: skip
        (root / file).write_text((root / file).read_text().replace(old, new))

    assert [(mistake.file, mistake.path) for mistake in mistakes(root) if mistake.file in (NORTH, SOUTH)] == [
        (NORTH, "gateway.service.annotations"),
        (SOUTH, "install.namespaces"),
        (SOUTH, "install.crds"),
        (SOUTH, "install.controller"),
        (SOUTH, "gateway.service.nodePort"),
        (SOUTH, "gateway.endpoint"),
    ]
