"""How a demo ends that does not go well: what is said, and what is left."""

from pathlib import Path

import pytest

from demo import __main__, run
from isthmus.errors import IsthmusError
from isthmus.local import machine


class Centres:
    """Stands for a project's data centres; which ones are up is all that matters here."""

    up = True

    def __init__(self, root: Path) -> None:
        self.root = root

    def down(self) -> None:
        type(self).up = False


class Refusing:
    """An engine that can destroy nothing."""

    def __init__(self, *_about: object) -> None:
        pass

    def destroy(self) -> None:
        raise IsthmusError("no passphrase.")


@pytest.fixture(autouse=True)
def _patched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "check_root", lambda: None)
    monkeypatch.setattr(Centres, "up", True)
    for module in (run, __main__):
        monkeypatch.setattr(module, "World", Centres)
    monkeypatch.setattr(run, "Engine", Refusing)


def test_the_data_centres_end_even_if_the_stack_cannot_be_destroyed(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["down"]) == 1

    assert not Centres.up
    assert capsys.readouterr().err.splitlines() == [
        "demo: no passphrase.",
        "So the stack is not destroyed, and the next `make demo` finds it; the data centres are ended.",
    ]


def test_a_demo_that_is_not_up_says_so_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(Centres, "up", False)
    monkeypatch.chdir(Path(__file__).parents[2])

    assert __main__.main(["run", "--out", str(tmp_path / "out")]) == 1

    assert capsys.readouterr().err == "demo: the data centres are not up; `make demo` starts them and asks.\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("is_up", "expected"),
    [
        (True, "demo: interrupted; the data centres are still up: go on with `make demo`, end them with `make down`."),
        (False, "demo: interrupted; no data centre is up."),
    ],
    ids=["with them up", "before"],
)
def test_an_interrupted_demo_says_what_is_still_up_and_how_to_end_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_up: bool, expected: str
) -> None:
    def interrupted(*_about: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "up", interrupted)
    monkeypatch.setattr(Centres, "up", is_up)

    assert __main__.main(["up"]) == 130
    assert capsys.readouterr().err.strip() == expected
