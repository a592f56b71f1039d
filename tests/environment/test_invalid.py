"""Every refusal has its file under `invalid/`: the valid project with exactly one mistake in it."""

from pathlib import Path

import pytest

from tests.environment.projects import ABROAD, HERE, INVALID, NORTH, SOUTH, STACK, mistakes, project

SITES = "config.isthmus:sites"
ARCHIVE = "pools.archive"
FORECASTS = "pools.forecasts"

# folder, the file and the field that the error names, and a datum that it must show
CASES = [
    (
        "claim-access-mode",
        SOUTH,
        "claims.forecasts.accessMode",
        "expected one of ReadOnlyMany, ReadWriteOnce, ReadWriteMany.",
    ),
    ("claim-access-mode-abbreviated", SOUTH, "claims.forecasts.accessMode", "Did you mean ReadWriteMany?"),
    ("external-beside-other-keys", ABROAD, "gateway", "external"),
    ("external-not-a-mapping", ABROAD, "external", "publicKey"),
    ("external-public-key-malformed", ABROAD, "external.publicKey", "32 bytes"),
    ("external-public-key-twice", "stacks/test/beyond.yaml", "external.publicKey", "site abroad"),
    ("pool-catalog-contradicts", SOUTH, f"{ARCHIVE}.catalog.0", "pool forecasts"),
    ("pool-catalog-relative", SOUTH, f"{ARCHIVE}.catalog.0", '"data/archive/"'),
    ("pool-catalog-twice", SOUTH, f"{ARCHIVE}.catalog.1", "/data/archive/"),
    ("pool-cpu-zero", SOUTH, f"{FORECASTS}.workers.cpu", "500m"),
    ("pool-max-missing", SOUTH, f"{ARCHIVE}.workers.max", "from 1 to 4096"),
    ("pool-memory-too-small", SOUTH, f"{FORECASTS}.workers.memory", 'got "512Mi"; expected at least 1Gi'),
    ("pool-memory-unit", SOUTH, f"{FORECASTS}.workers.memory", "Did you mean 16Gi (powers of 1024) or 16G"),
    ("pool-memory-without-unit", SOUTH, f"{FORECASTS}.workers.memory", "Did you mean 16Gi?"),
    ("pool-min-above-max", SOUTH, f"{FORECASTS}.workers", "min 9 is above max 8"),
    ("pool-name-at-two-sites", SOUTH, ARCHIVE, "site north"),
    ("pool-name-malformed", SOUTH, "pools.Archive_2", "archive-2"),
    ("pool-name-reserved", SOUTH, "pools.default", "test-default"),
    ("pool-slots-beyond-the-site", SOUTH, f"{ARCHIVE}.slots", "4098"),
    ("pool-slots-missing", SOUTH, f"{ARCHIVE}.slots", "{first, count}"),
    ("pool-slots-overlap", SOUTH, f"{ARCHIVE}.slots", "slots 6 to 7 are pool forecasts's too"),
    ("pool-slots-overlap", SOUTH, f"{ARCHIVE}.slots", "First free: 10"),
    ("pool-slots-too-few", SOUTH, f"{ARCHIVE}.slots.count", "workers.max is 4"),
    (
        "pool-volume-claim-malformed",
        SOUTH,
        f"{FORECASTS}.volumes.0.persistentVolumeClaim.claimName",
        "(a letter or digit first and last). Did you mean foo-bar?",
    ),
    ("pool-volume-host-path", SOUTH, f"{FORECASTS}.volumes.0.hostPath", "persistentVolumeClaim"),
    ("pool-volume-name-is-ours", SOUTH, f"{FORECASTS}.volumes.0.name", "tunnel-config"),
    ("pool-volume-path-is-ours", SOUTH, f"{FORECASTS}.volumes.0.mountPath", "/etc/isthmus/python"),
    ("pool-volume-path-twice", SOUTH, f"{FORECASTS}.volumes", "/data/forecasts"),
    ("project-without-name", "Pulumi.yaml", "name", "project's name"),
    ("site-endpoint-bare-ipv6", NORTH, "gateway.endpoint", "[2001:db8::1]:51820"),
    ("site-endpoint-port-out-of-range", NORTH, "gateway.endpoint", "wg.north.example:70000"),
    ("site-endpoint-twice", SOUTH, "gateway.endpoint", "site north"),
    ("site-endpoint-without-port", NORTH, "gateway.endpoint", "Did you mean wg.north.example:51820?"),
    ("site-file-missing", "stacks/test/west.yaml", "", "isthmus:sites"),
    ("site-file-not-listed", ABROAD, "", "isthmus:sites"),
    ("site-id-is-text", NORTH, "id", "without quotes"),
    ("site-id-missing", NORTH, "id", "Not used by any site now: 4."),
    ("site-id-out-of-range", NORTH, "id", "got 70000; expected a whole number from 1 to 65535"),
    ("site-id-twice", SOUTH, "id", "got 1, which north already has"),
    ("site-id-twice", SOUTH, "id", "Not used by any site now: 4."),
    ("site-kubeconfig-both-ways", SOUTH, "kubernetes", "kubeconfigSecret"),
    ("site-kubeconfig-no-way", NORTH, "kubernetes", "one of context, kubeconfig, kubeconfigSecret"),
    ("site-name-given", NORTH, "name", "north"),
    ("site-nobody-can-dial", ABROAD, "external.endpoint", "north"),
    ("site-service-nobody-dials", NORTH, "gateway", "type NodePort"),
    ("site-service-nobody-reaches", NORTH, "gateway", "type ClusterIP"),
    ("site-service-port-of-cluster-ip", NORTH, "gateway.service", "nodePort"),
    ("site-service-type", NORTH, "gateway.service.type", "Did you mean NodePort?"),
    ("site-unknown-key", NORTH, "gatway", "Did you mean gateway?"),
    ("site-unknown-key-deep", SOUTH, f"{FORECASTS}.workers.thread", "Did you mean threads?"),
    ("stack-encrypted-where-plain-is-needed", STACK, "config.isthmus:scheduler.memory", "encrypted"),
    ("stack-image-malformed", STACK, "config.isthmus:images.tunnel", "capital letters"),
    ("stack-image-latest", STACK, "config.isthmus:images.tunnel", "expected a version tag (not latest), a digest"),
    ("stack-image-without-tag", STACK, "config.isthmus:images.tunnel", "not pinned"),
    ("stack-images-missing", STACK, "config.isthmus:images.tunnel", "missing"),
    ("stack-key-unknown", STACK, "config.isthmus:site", "Did you mean sites?"),
    ("stack-key-without-namespace", STACK, "config.network", "Did you mean isthmus:network?"),
    ("stack-mtu-too-small", STACK, "config.isthmus:network.mtu", "got 1000; expected a whole number from 1280"),
    ("stack-prefix-not-48", STACK, "config.isthmus:network.prefix", "fd12:3456:789a::/56"),
    ("stack-prefix-of-a-federation", STACK, "config.isthmus:network.prefix", "site abroad"),
    ("stack-prefix-outside-ula", STACK, "config.isthmus:network.prefix", "fd00::/8"),
    ("stack-protect-not-boolean", STACK, "config.isthmus:protect", "without quotes"),
    (
        "stack-scheduler-memory-too-small",
        STACK,
        "config.isthmus:scheduler.memory",
        'got "200M"; expected at least 512Mi',
    ),
    ("stack-scheduler-site-unknown", STACK, "config.isthmus:scheduler.site", "Did you mean north?"),
    ("stack-secret-in-the-clear", STACK, "config.isthmus:southKubeconfig", "pulumi config set --secret"),
    ("stack-secret-nobody-refers-to", STACK, "config.isthmus:sothKubeconfig", "Did you mean southKubeconfig?"),
    ("stack-site-name-is-a-boolean", STACK, f"{SITES}.3", "quotes"),
    ("stack-sites-not-a-list", STACK, SITES, '"north"'),
    ("stack-sites-without-brackets", STACK, SITES, "in brackets: [north, south, abroad]."),
    ("stack-sites-twice", STACK, SITES, "north"),
    ("stack-without-config", STACK, "config", "Did you mean confg?"),
    ("yaml-does-not-parse", SOUTH, "", "line 3, column 8"),
    ("yaml-empty-file", NORTH, "", "mapping"),
    ("yaml-key-twice", SOUTH, FORECASTS, "line 12"),
    ("yaml-list-instead-of-mapping", NORTH, "", "got a list; expected a mapping"),
    ("yaml-tab", SOUTH, "", "line 7, column 1: a tab; YAML indents with spaces."),
    ("yaml-not-utf-8", NORTH, "", "byte 9"),
    ("external-pool-catalog-contradicts", ABROAD, "external.pools.elsewhere.catalog.0", "pool forecasts"),
    ("external-pool-name-taken", ABROAD, "external.pools.archive", "site south"),
    ("external-pool-with-workers", ABROAD, "external.pools.elsewhere.workers", "Known: catalog"),
    ("external-pool-without-catalog", ABROAD, "external.pools.elsewhere.catalog", "at least one"),
    ("install-watches-the-controllers", NORTH, "install.watches.0", "isthmus-system"),
    ("install-watches-twice", NORTH, "install.watches", "isthmus-other"),
    ("install-watches-without-controller", NORTH, "install.watches", "controller true"),
    ("external-id-missing", ABROAD, "external.id", "Not used by any site now: 3."),
    ("external-preshared-key-in-the-clear", ABROAD, "external.presharedKeySecret", "the key of a stack secret"),
    ("pool-catalog-with-a-password", SOUTH, "pools.archive.catalog.0", "password"),
    ("site-kubeconfig-in-the-clear", NORTH, "kubernetes.kubeconfig", "kubeconfigSecret"),
    ("site-kubernetes-missing", NORTH, "kubernetes", "context, kubeconfig, kubeconfigSecret"),
    ("site-key-of-a-pool", NORTH, "workers", "pools.<name>.workers"),
    ("site-key-of-the-stack", NORTH, "images", "isthmus:images in the stack file"),
    ("stack-catalog-of-its-own", STACK, "config.isthmus:catalog", "pools.<name>.catalog"),
    ("stack-scheduler-missing", STACK, "config.isthmus:scheduler", "site, memory, cpu"),
    ("stack-sites-empty", STACK, SITES, "a list of at least one"),
    ("sharing-one-namespace", SOUTH, "namespace", "isthmus-test is site north's"),
    ("sharing-one-node-port", SOUTH, "gateway.service.nodePort", "got 30820, which is site north's"),
    ("sharing-two-controllers", SOUTH, "install.controller", "site north"),
    ("sharing-two-owners-of-crds", SOUTH, "install.crds", "site north"),
    ("sharing-watches-its-own", NORTH, "install.watches", "isthmus-test-south"),
    ("site-namespace-is-the-controllers", NORTH, "namespace", "isthmus-system"),
    ("site-namespace-malformed", NORTH, "namespace", "Did you mean isthmus-test?"),
    ("site-paused-not-boolean", NORTH, "paused", "without quotes"),
]


@pytest.mark.parametrize(("folder", "file", "path", "datum"), CASES, ids=[f"{row[0]}: {row[3]}" for row in CASES])
def test_one_mistake_is_named_by_file_and_field_and_nothing_else_is_blamed(
    tmp_path: Path, folder: str, file: str, path: str, datum: str
) -> None:
    (mistake,) = mistakes(project(tmp_path, INVALID / folder))

    assert (mistake.file, mistake.path) == (file, path)
    assert datum in str(mistake)


def test_every_folder_of_invalid_stack_files_is_tried() -> None:
    assert sorted(path.name for path in INVALID.iterdir()) == sorted({row[0] for row in CASES})


def test_one_error_lists_every_mistake_of_every_file(tmp_path: Path) -> None:
    found = mistakes(project(tmp_path, HERE / "many"))

    assert [(mistake.file, mistake.path) for mistake in found] == [
        (STACK, "config.isthmus:scheduler.memory"),
        (STACK, "config.isthmus:netwrk"),
        (NORTH, "gateway.endpoint"),
        (SOUTH, "kubernetes"),
        (SOUTH, f"{FORECASTS}.workers.memory"),
        (ABROAD, "external.id"),
        (ABROAD, "external.publicKey"),
        (SOUTH, "id"),  # and what only two files together have wrong
        (STACK, "config.isthmus:scheduler.site"),
        (SOUTH, "pools.archive.slots"),  # shared with a pool whose memory is wrong
        (SOUTH, "pools.tape.slots"),
        (SOUTH, "pools.tape.slots"),
        (SOUTH, "pools.tape.catalog.0"),
    ]


def test_an_environment_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    (mistake,) = mistakes(project(tmp_path), env="tests")

    assert (mistake.file, mistake.path) == ("stacks/Pulumi.tests.yaml", "")
    assert "there are: test." in mistake.problem
    assert mistake.fix == "Did you mean test?"


def test_an_environment_name_that_would_leave_the_folder_is_refused(tmp_path: Path) -> None:
    (mistake,) = mistakes(project(tmp_path), env="../../etc/passwd")

    assert "lower-case letters" in mistake.problem


def test_an_environment_whose_namespace_would_be_the_controllers_is_refused(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / STACK).rename(root / "stacks/Pulumi.system.yaml")
    (root / "stacks/test").rename(root / "stacks/system")

    (mistake,) = mistakes(root, env="system")

    assert mistake.file == "stacks/Pulumi.system.yaml"
    assert "isthmus-system" in mistake.problem


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    assert [mistake.file for mistake in mistakes(tmp_path)] == ["Pulumi.yaml", "stacks/Pulumi.test.yaml"]


def test_a_site_file_with_another_suffix_is_told_its_right_name(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / NORTH).rename(root / "stacks/test/north.yml")

    (mistake,) = mistakes(root)

    assert mistake.fix == "Rename north.yml to north.yaml."
