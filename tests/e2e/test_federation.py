"""Two stacks, two seeds, one Dask cluster: the page about federations, on two real data centres."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from isthmus import names
from isthmus.local import DataCentres, addresses
from tests.docs.commands import CHECKOUT
from tests.waiting import until
from tools.pulumi.engine import Engine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

PAGE = (CHECKOUT / "docs/guides/federation.md").read_text()
#: Name of a file -> its content: every block of YAML begins with the name as a remark.
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, flags=re.DOTALL))
IMAGES = {name: f"isthmus.local/{name}:0.1.0" for name in ("dask", "controller", "tunnel")}
HOME_KEY, SEA_KEY = "stacks/ocean/home.yaml", "stacks/met/sea.yaml"
NODE_PORT = 30820

#: Asks a worker of each pool who it is.
QUESTION = """
import socket
from distributed import Client
from isthmus.pools import pool
with Client("tcp://tides-scheduler:8786") as client:
    asked = []
    for name in ("home", "sea"):
        with pool(name):
            asked.append(client.submit(lambda _: socket.gethostname(), name, key=f"who-{name}"))
    joined = client.submit(lambda *hosts: sorted(hosts), *asked)
    print(*joined.result(timeout=60))
"""


def local(file: str) -> Any:
    """A file of the page, with images, endpoints and kubeconfigs that there are on this machine."""
    content = yaml.safe_load(FILES[file])
    if "config" in content:
        content["config"] |= {"isthmus:images": IMAGES, "isthmus:protect": False}
        return content
    site = Path(file).stem
    dialled = f"{addresses.on_wan(1)}:{NODE_PORT}"
    if "external" in content:
        if "endpoint" in content["external"]:
            content["external"]["endpoint"] = dialled
        return content
    content["kubernetes"] = {"kubeconfig": f".isthmus/{site}/kubeconfig"}
    if "endpoint" in content.get("gateway", {}):
        content["gateway"] = {"endpoint": dialled, "service": {"type": "NodePort", "nodePort": NODE_PORT}}
    return content


def write(root: Path, file: str, content: Any) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(yaml.safe_dump(content))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DataCentres]:
    """The data centres `home` and `sea`. A third environment names both, so that they come up as one world."""
    for file in ("Pulumi.yaml", "__main__.py"):
        (tmp_path / file).write_text((CHECKOUT / file).read_text())
    for folder in ("components", ".venv"):
        (tmp_path / folder).symlink_to(CHECKOUT / folder)
    both = local("stacks/Pulumi.met.yaml")
    both["config"]["isthmus:sites"] = ["home", "sea"]
    write(tmp_path, "stacks/Pulumi.world.yaml", both)
    write(tmp_path, "stacks/world/home.yaml", local("stacks/met/home.yaml"))
    write(tmp_path, "stacks/world/sea.yaml", local("stacks/ocean/sea.yaml"))
    with DataCentres(tmp_path, "world") as centres:
        yield centres
    centres.clean()


def up(root: Path, env: str, *files: str) -> str:
    """`pulumi up` of one stack with these files of the page; the public key of its own site."""
    for file in files:
        content = local(file)
        if file in (HOME_KEY, SEA_KEY):
            content["external"]["publicKey"] = (root / f"{Path(file).stem}.key").read_text()
        write(root, file, content)
    engine = Engine(root, env)
    engine.up()
    (key,) = json.loads(engine.ask("stack", "output", "publicKeys", "--json").out).values()
    return str(key)


def test_two_stacks_that_share_no_secret_make_one_cluster(world: DataCentres) -> None:
    root = world.root
    (root / "home.key").write_text(up(root, "met", "stacks/Pulumi.met.yaml", "stacks/met/home.yaml"))
    (root / "sea.key").write_text(up(root, "ocean", "stacks/Pulumi.ocean.yaml", HOME_KEY, "stacks/ocean/sea.yaml"))
    stack = local("stacks/Pulumi.met.yaml")
    stack["config"]["isthmus:sites"] = ["home", "sea"]
    write(root, "stacks/Pulumi.met.yaml", stack)
    up(root, "met", "stacks/met/sea.yaml")

    def ready(site: str, env: str) -> bool:
        condition = '-o=jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
        selector = f"{names.LABEL_COMPONENT}=worker"
        return world.kubectl(site, "-n", f"isthmus-{env}", "get", "pods", "-l", selector, condition) == "True"

    until("a worker at home", lambda: ready("home", "met"))
    until("a worker at sea", lambda: ready("sea", "ocean"))
    scheduler = ("deployment/tides-scheduler", "-c", "scheduler")
    answer = world.kubectl("home", "-n", "isthmus-met", "exec", *scheduler, "--", "python3", "-c", QUESTION)

    assert answer.split() == ["home-0", "sea-0"]
