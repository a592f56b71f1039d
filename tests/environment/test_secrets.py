"""A secret in a stack file, also one that stands where none belongs, is in no error message."""

import base64
import secrets
import uuid
from pathlib import Path

import pytest

from isthmus.environment import load
from isthmus.errors import ConfigError
from tests.environment.projects import ABROAD, INVALID, NORTH, SOUTH, STACK, mistakes, project, rewritten

#: What people have on their clipboard. Made anew in every run: none of it is anybody's.
CLIPBOARD = {
    "wireguard key": base64.b64encode(secrets.token_bytes(32)).decode(),
    "bearer token": secrets.token_urlsafe(32),
    "hexadecimal token": secrets.token_hex(16),
    "uuid": str(uuid.uuid4()),
    "kubeconfig": f"apiVersion: v1\\nusers: [{{user: {{token: {secrets.token_hex(8)}}}}}]",
    "ciphertext": f"v1:{secrets.token_hex(8)}:{secrets.token_hex(16)}",
}

FIELDS = [  # file, text of the valid file, the same text with %s where the secret was pasted
    (STACK, "{site: north,", "{site: %s,"),
    (STACK, "memory: 4Gi", "memory: %s"),
    (STACK, "cpu: 2", "cpu: %s"),
    (STACK, "registry.example/tunnel:0.1.0", "{%s: 1}"),
    (STACK, "  isthmus:sites", "  isthmus:protect: %s\n  isthmus:sites"),
    (STACK, '"fd12:3456:789a::/48"', "%s"),
    (STACK, "  isthmus:sites", "  isthmus:token: %s\n  isthmus:sites"),
    (STACK, "{secure: v1:bm90aGluZw==}", "%s"),
    (STACK, "[north, south, abroad]", "[north, south, abroad, %s]"),
    (STACK, "[north, south, abroad]", "%s"),
    (NORTH, "id: 1\n", "id: %s\n"),
    (NORTH, "{context: north-prod}", "%s"),
    (NORTH, "{context: north-prod}", "{context: [%s]}"),
    (NORTH, "{context: north-prod}", "{kubeconfigSecret: %s, context: x}"),
    (NORTH, "{context: north-prod}", "{context: north-prod, token: %s}"),
    (NORTH, '"wg.north.example:51820"', "%s"),
    (NORTH, "id: 1\n", "id: 1\n%s: x\n"),
    (NORTH, "id: 1\n", "id: 1\n%s\n"),
    (ABROAD, "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=", '"x%s"'),
    (NORTH, "id: 1\n", "id: 1\npaused: %s\n"),
    (NORTH, "id: 1\n", "id: 1\ninstall: {watches: %s}\n"),
    (NORTH, "id: 1\n", "id: 1\ninstall: {%s: true}\n"),
    (ABROAD, "  id: 3\n", "  id: 3\n  pools: {elsewhere: {catalog: [%s]}}\n"),
    (ABROAD, "  id: 3\n", "  id: 3\n  presharedKeySecret: [%s]\n"),
    (SOUTH, "storage: 1Ti", "storage: %s"),
    (SOUTH, "storageClass: fast", "storageClass: fast, accessMode: %s"),
    (SOUTH, "  archive:\n", "  %s:\n"),
    (SOUTH, "[/data/archive/]", "[%s]"),
    (SOUTH, "mountPath: /data/forecasts", "mountPath: %s"),
]


@pytest.mark.parametrize("secret", CLIPBOARD.values(), ids=CLIPBOARD)
@pytest.mark.parametrize(("file", "old", "new"), FIELDS, ids=[f"{row[0]}: {row[2].strip()}" for row in FIELDS])
def test_a_pasted_secret_is_refused_and_not_repeated(
    tmp_path: Path, file: str, old: str, new: str, secret: str
) -> None:
    quoted = new if '"' in new else new.replace("%s", '"%s"')
    message = str(ConfigError(mistakes(rewritten(tmp_path, file, old, quoted % secret))))

    longest = max(secret.replace("\\n", " ").split(), key=len)
    assert longest not in message
    assert longest[:12] not in message


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (SOUTH, "southKubeconfig}", "hunter2 and more}"),
        (ABROAD, "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=", "hunter2"),
    ],
    ids=["the name of a secret", "a key"],
)
def test_where_a_secret_is_likely_not_even_a_short_value_is_repeated(
    tmp_path: Path, file: str, old: str, new: str
) -> None:
    assert "hunter2" not in str(ConfigError(mistakes(rewritten(tmp_path, file, old, new))))


def test_a_short_slip_is_repeated_so_that_it_can_be_found(tmp_path: Path) -> None:
    """The positive control: the test above would see a value that is shown."""
    message = str(ConfigError(mistakes(rewritten(tmp_path, SOUTH, "memory: 16Gi", "memory: 16GB"))))

    assert '"16GB"' in message


def test_where_yaml_does_not_parse_the_text_around_it_is_not_quoted(tmp_path: Path) -> None:
    root = project(tmp_path)
    token = secrets.token_hex(8)
    for text in (
        f"password: {token}: {token}",
        f"*{token}",
        f"!{token} x",
        f"'{token}",
        f"a: b\n\t{token}: c",
        f"%{token}",
    ):
        (root / NORTH).write_text(text)

        assert token not in str(ConfigError(mistakes(root)))


@pytest.mark.parametrize("folder", ["pool-catalog-with-a-password", "site-kubeconfig-in-the-clear"])
def test_a_secret_inside_of_what_is_none_is_not_repeated(tmp_path: Path, folder: str) -> None:
    assert any("hunter2" in file.read_text() for file in (INVALID / folder).rglob("*.yaml"))

    assert "hunter2" not in str(ConfigError(mistakes(project(tmp_path, INVALID / folder))))


def test_an_encrypted_secret_that_a_site_refers_to_is_left_alone(tmp_path: Path) -> None:
    root = rewritten(tmp_path, ABROAD, "  id: 3\n", "  id: 3\n  presharedKeySecret: abroadPsk\n")
    stack = root / STACK
    stack.write_text(f"{stack.read_text()}  isthmus:abroadPsk: {{secure: v1:c2VjcmV0}}\n")

    assert load(root, "test").external[0].presharedKeySecret == "abroadPsk"


def test_a_secret_may_be_set_later(tmp_path: Path) -> None:
    root = rewritten(tmp_path, STACK, "  isthmus:southKubeconfig: {secure: v1:bm90aGluZw==}\n", "")

    assert load(root, "test").site("south").kubernetes.kubeconfigSecret == "southKubeconfig"
