"""What the programs of a data centre are told, where a mistake would be silent or a hole."""

import re
import tomllib
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from isthmus.environment import load
from isthmus.errors import IsthmusError
from isthmus.local import cgroups, configuration, control_plane, objects
from isthmus.local.pki import Authority
from isthmus.local.supervisor import memory_limit

ROOT = Path(__file__).parents[2]
NODE = IPv4Address("10.213.0.2")

HYBRID = """\
tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
"""


def flags(arguments: list[str | Path]) -> dict[str, str]:
    """`--name value` and `--name=value` as a mapping; a flag alone is `true`."""
    found: dict[str, str] = {}
    words = [str(word) for word in arguments]
    for word, after in zip(words, [*words[1:], "--"], strict=True):
        if word.startswith("--"):
            name, is_joined, value = word.partition("=")
            found[name] = value if is_joined else "true" if after.startswith("--") else after
    return found


def plan(folder: Path, address: str = "127.0.0.1") -> control_plane.Plan:
    return control_plane.Plan("test", folder, folder, address=address)


def test_nobody_reaches_etcd_without_a_certificate_of_its_own_authority(tmp_path: Path) -> None:
    told = flags(control_plane.etcd(plan(tmp_path), Authority(tmp_path / "pki" / "etcd", "etcd")))

    listening = {told[name] for name in told if name.startswith("--listen-")}
    assert all(url.startswith("https://127.0.0.1:") for url in listening)
    assert (told["--client-cert-auth"], told["--peer-client-cert-auth"]) == ("true", "true")
    assert told["--trusted-ca-file"] == str(tmp_path / "pki" / "etcd" / "ca.crt")


def test_the_api_server_listens_where_it_says_and_takes_no_static_tokens(tmp_path: Path) -> None:
    told = flags(control_plane.api_server(plan(tmp_path, "10.213.0.2"), Authority(tmp_path / "pki", "test")))

    assert told["--bind-address"] == told["--advertise-address"] == "10.213.0.2"
    assert "--token-auth-file" not in told


def test_kubelet_offers_what_its_cgroup_may_use() -> None:
    shape = configuration.NodeShape("a", NODE, memory_bytes=6_000, machine_memory_bytes=24_000)

    assert configuration.kubelet(shape)["systemReserved"] == {"memory": "18000"}


def test_containerds_configuration_is_toml_and_every_folder_that_it_names_is_made_in_the_node() -> None:
    tomllib.loads(configuration.containerd())
    init = (Path(configuration.__file__).parent / "node-init.sh").read_text()

    assert all(f'bring "${name.upper()}" {name}' in init for name in ("kube", "node", "store"))
    assert set(re.findall(r"/run/isthmus/(\w+)", configuration.containerd())) <= {"node", "site", "store"}


def test_each_claim_of_a_site_has_a_volume_kept_for_it() -> None:
    site = load(ROOT, "local").site("ecmwf").model_copy(update={"namespace": "weather"})
    made = dict(objects.birth_objects(site, NODE))
    volume = made["/api/v1/persistentvolumes/forecasts"]["spec"]

    assert volume["claimRef"]["namespace"] == "weather"
    assert volume["capacity"] == {"storage": site.claims["forecasts"].storage}
    assert volume["local"] == {"path": "/run/isthmus/site/volumes/forecasts"}
    assert "/apis/storage.k8s.io/v1/storageclasses/isthmus-local" in made


@pytest.mark.parametrize(
    ("machine", "sites", "expected"),
    [(24e9, 1, 19.2e9), (24e9, 3, 6.4e9), (24e9, 6, 6e9), (8e9, 3, 6e9), (4e9, 3, 3.2e9)],
    ids=["one has all", "three share", "six are promised more", "so are three of a laptop", "never more than usable"],
)
def test_a_data_centre_may_use_its_share_of_the_memory_or_what_the_demo_needs(
    machine: float, sites: int, expected: float
) -> None:
    assert memory_limit(int(machine), sites) == int(expected)


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        (HYBRID, ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/memory"]),
        ("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n", ["/sys/fs/cgroup"]),
    ],
    ids=["version 1, with a version 2 that has no controllers", "version 2"],
)
def test_cgroups_are_made_where_the_controllers_are(mounts: str, expected: list[str]) -> None:
    assert [str(path) for path in cgroups.hierarchies(mounts)] == expected


def test_controllers_are_handed_out_before_a_limit_is_set_and_without_one_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tree of files like version 2's: in a new group memory.max appears only once its parent has handed it out."""
    mounts, top = tmp_path / "mounts", tmp_path / "top"
    top.mkdir()
    mounts.write_text(f"cgroup2 {top} cgroup2 rw 0 0\n")
    (top / "cgroup.controllers").write_text("cpu io memory pids rdma\n")
    (top / "cgroup.subtree_control").write_text("cpu\n")
    monkeypatch.setattr(cgroups, "_MOUNTS", mounts)

    with pytest.raises(IsthmusError, match="no memory controller"):
        cgroups.make("world", 1000)
    assert (top / "cgroup.subtree_control").read_text() == "+io +memory +pids"
    assert not (top / "world").exists()

    (top / "world").mkdir()
    (top / "world" / "memory.max").write_text("max")
    cgroups.make("world", 1000)
    assert (top / "world" / "memory.max").read_text() == "1000"
