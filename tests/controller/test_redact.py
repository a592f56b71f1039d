"""What the controller says holds no secret, whoever wrote the sentence."""

import io
import logging
from collections.abc import Iterator

import pytest

from isthmus.controller import __main__ as program
from isthmus.controller.apply import _message
from isthmus.controller.redact import RedactingFilter, redact
from isthmus.controller.status import Condition, news
from isthmus.errors import IsthmusError

KEY = "qL8n2ZzPp0sYx1Vq7mW5tR3uE9oI4aB6cD8eF0gH2jM="
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl"
R = "[redacted]"

SECRETS = [
    ("key=value", "password=hunter2 user=north", f"password={R} user=north"),
    ("the key is part of a name", "DB_PASSWORD=hunter2,", f"DB_PASSWORD={R},"),
    ("an S3 key", "AWS_SECRET_ACCESS_KEY=abc/def+1", f"AWS_SECRET_ACCESS_KEY={R}"),
    ("YAML", "token: abcdef", f"token: {R}"),
    ("JSON", '{"secret": "two words", "a": "b"}', f'{{"secret": {R}, "a": "b"}}'),
    ("JSON in a string of JSON", r'"{\"password\":\"hun ter\",\"a\":1}"', rf'"{{\"password\":{R},\"a\":1}}"'),
    ("Python", "{'private_key': 'abc'}", f"{{'private_key': {R}}}"),
    ("a header", "Authorization: Bearer abcdef.123456", f"Authorization: Bearer {R}"),
    ("an environment as JSON", '{"name":"X","value":"hunter2"}', f'{{"name":"X","value":{R}}}'),
    (
        "an environment as Go writes it",
        'v1.EnvVar{Name:"X", Value:"hunter2", ValueFrom:(*v1.EnvVarSource)(nil)}',
        f'v1.EnvVar{{Name:"X", Value:{R}, ValueFrom:(*v1.EnvVarSource)(nil)}}',
    ),
    (
        "a field error of an environment",
        'spec.containers[0].env[2].value: Invalid value: "hunter2": no',
        f"spec.containers[0].env[2].value: Invalid value: {R}: no",
    ),
    ("a URL", "s3://me:hunter2@store.example/x", f"s3://me:{R}@store.example/x"),
    ("a JSON web token", f"got {JWT} twice", f"got {R} twice"),
    ("a WireGuard key", f"peer {KEY} is away", f"peer {R} is away"),
    ("a quote in quotes", r'{"token": "hun\"ter2", "a": 1}', f'{{"token": {R}, "a": 1}}'),
    ("several", f"{KEY} password=a token=b", f"{R} password={R} token={R}"),
]
HARMLESS = [
    ("the name of a Secret", 'secrets "demo-slot-3" is forbidden; secretName: demo-slot-3 secretPrefix=demo-slot-'),
    (
        "a field error",
        'spec.containers[0].resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    ),
    ("an image by its digest", f"example/dask@sha256:{'0123456789abcdef' * 4}"),
    ("a resource", "daskworkergroups/isthmus-local/demo-north again_in_s=2.0 key=daskclusters/ns/demo"),
    ("an address", "http://demo-scheduler.isthmus-local.svc:8787/json/identity.json tcp://[fd12::10]:8786"),
]


@pytest.mark.parametrize(("said", "expected"), [row[1:] for row in SECRETS], ids=[row[0] for row in SECRETS])
def test_what_looks_like_a_secret_is_taken_out(said: str, expected: str) -> None:
    assert redact(said) == expected
    assert redact(redact(said)) == expected


@pytest.mark.parametrize("said", [row[1] for row in HARMLESS], ids=[row[0] for row in HARMLESS])
def test_what_is_no_secret_stays(said: str) -> None:
    assert redact(said) == said


@pytest.mark.timeout(10)
@pytest.mark.parametrize("part", ["a.", "-", '"', "\\", "token=", "a://", "eyJ", 'value:"', "env[1].value: "])
def test_a_long_line_costs_no_more_than_its_length(part: str) -> None:
    assert redact(part * 3000)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a handler with the filter writes of the logger `child.of.somebody`."""
    into = io.StringIO()
    handler = logging.StreamHandler(into)
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("child.of.somebody")
    logger.addHandler(handler)
    yield into
    logger.removeHandler(handler)


def test_arguments_and_tracebacks_of_a_child_logger_are_redacted(written: io.StringIO) -> None:
    log = logging.getLogger("child.of.somebody")
    try:
        raise ValueError(f"bad key {KEY}")
    except ValueError:
        log.exception("pass failed error=%s", "token=abcdef")

    lines = written.getvalue().splitlines()
    assert (lines[0], lines[-1]) == (f"pass failed error=token={R}", f"ValueError: bad key {R}")


def test_the_program_logs_through_the_filter(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise IsthmusError("cannot list pods: password=hunter2")

    monkeypatch.setattr(program, "connect", refuse)
    handlers, level = logging.root.handlers[:], logging.root.level
    monkeypatch.setattr("signal.signal", lambda *_: None)
    try:
        assert program.main(["--namespace", "ns"]) == 1
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)

    assert capsys.readouterr().err.endswith(f"isthmus.controller cannot work: cannot list pods: password={R}\n")


def test_a_condition_holds_no_secret() -> None:
    new = {"phase": "Error", "observedGeneration": 1, "conditions": [Condition("X", False, "Invalid", "token=abcdef")]}

    said = news({}, new, 0.0)

    assert said is not None
    assert said["conditions"][0]["message"] == f"token={R}"


ANSWERS = [
    ("its first sentence", {"message": "Pod is invalid: no. It was given\nenv: X"}, "Pod is invalid: no"),
    ("its first line", {"message": "Pod is invalid:\n  env: X"}, "Pod is invalid:"),
    ("its reason where it has no message", {"reason": "Forbidden"}, "Forbidden"),
    ("nothing", {}, "no reason given"),
    ("at most 500 characters", {"message": "x" * 900}, "x" * 499 + "…"),
    ("without a secret, also where it is cut", {"message": "x" * 480 + " password=" + "h" * 50}, None),
]


@pytest.mark.parametrize(("answer", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_of_the_api_servers_words_one_sentence_is_kept(answer: dict[str, str], expected: str | None) -> None:
    said = _message(answer)

    assert said == expected or (expected is None and "h" not in said and len(said) <= 500)
