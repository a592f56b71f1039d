"""The way in from files: what stands in `stacks/`, as mappings, and what is wrong with the files as files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from isthmus.environment.given import Given, GivenSite, Place
from isthmus.environment.model import Environment, Settings
from isthmus.environment.reading import Reader
from isthmus.environment.shown import shown, shown_key
from isthmus.environment.sketch import site_sketch
from isthmus.environment.typed import environment_of, is_name, refused
from isthmus.environment.wording import did_you_mean, near_only
from isthmus.errors import ConfigError, Mistake

PROJECT_FILE: Final = "Pulumi.yaml"
#: Our part of Pulumi's configuration; keys of other namespaces are other people's.
NAMESPACE: Final = "isthmus:"


def stack_names(root: Path) -> list[str]:
    """Every environment that the project describes, sorted."""
    return sorted(
        path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in (root / "stacks").glob("Pulumi.*.yaml")
    )


def load(root: Path, env: str) -> Environment:
    """The environment that `root/stacks` describes. No I/O but reading files.

    Raises ConfigError, which holds every mistake of every file, not the first.
    """
    if problem := refused(env):
        # What is no name is no part of a path either.
        raise ConfigError([Mistake(f"stacks/Pulumi.{env}.yaml" if is_name(env) else "stacks", "", problem)])
    files = _Files(root, env)
    given = files.given()
    if given is None:
        raise ConfigError(files.mistakes)
    return environment_of(given, files.mistakes)


class _Files:
    """One pass over the files of one environment; `mistakes` grows, nothing is raised."""

    def __init__(self, root: Path, env: str) -> None:
        self.env = env
        self.at = Place(f"stacks/Pulumi.{env}.yaml", f"config.{NAMESPACE}")
        self.reader = Reader(root)
        self.mistakes = self.reader.mistakes

    def given(self) -> Given | None:
        """What stands in the files; None if there is no stack file to read."""
        project, stack = self._project(), self._stack()
        if stack is None:
            return None
        config = self._config(stack)
        sites = self._sites((config or {}).get("sites"))
        settings = None if config is None else self._without_secrets(config, sites)
        return Given(project or "", self.env, self.at, settings, sites)

    def _wrong(self, file: str, path: str, problem: str, fix: str = "") -> None:
        self.mistakes.append(Mistake(file, path, problem, fix))

    # -- the project and the stack file

    def _project(self) -> str | None:
        """The project's name: a part of what the data plane's prefix is hashed from."""
        before = len(self.mistakes)
        given = self.reader.mapping(PROJECT_FILE)
        name = (given or {}).get("name")
        if isinstance(name, str) and name:
            return name
        if len(self.mistakes) == before:
            problem = (
                "missing; expected the project's file" if given is None else "missing; expected the project's name"
            )
            self._wrong(PROJECT_FILE, "" if given is None else "name", f"{problem}.", "Is this the project's folder?")
        return None

    def _stack(self) -> dict[str, Any] | None:
        before = len(self.mistakes)
        given = self.reader.mapping(self.at.file)
        if given is None and len(self.mistakes) == before:
            known = stack_names(self.reader.root)
            problem = f"no such environment; there are: {', '.join(known) or 'none'}."
            self._wrong(self.at.file, "", problem, near_only(did_you_mean(self.env, known)))
        return given

    def _config(self, stack: Mapping[str, Any]) -> dict[str, Any] | None:
        """The `isthmus:` keys of the stack file, without their namespace. Pulumi's own keys beside `config` pass."""
        given = stack.get("config")
        if not isinstance(given, dict):
            problem = "missing" if "config" not in stack else f"got {shown(given)}"
            near = near_only(did_you_mean("config", [key for key in stack if isinstance(key, str)]))
            self._wrong(self.at.file, "config", f"{problem}; expected a mapping of isthmus:* keys.", near)
            return None
        for key in given:
            if not isinstance(key, str) or ":" not in key:
                known = [f"{NAMESPACE}{name}" for name in Settings.model_fields]
                problem = "a key of a stack's configuration has a namespace."
                near = did_you_mean(f"{NAMESPACE}{key}", known)
                self._wrong(self.at.file, f"config.{shown_key(key)}", problem, near)
        ours = {key: value for key, value in given.items() if isinstance(key, str) and key.startswith(NAMESPACE)}
        return {key.removeprefix(NAMESPACE): value for key, value in ours.items()}

    def _without_secrets(self, config: Mapping[str, Any], sites: Sequence[GivenSite]) -> dict[str, Any]:
        """The keys without the stack secrets, which live beside them: encrypted, and named by a site."""
        sketches = [site_sketch(site, self.env) for site in sites]
        secrets = {site.secret for site in sketches if site.secret is not None}
        listed = config.get("sites")
        named = {name for name in listed if is_name(name)} if isinstance(listed, list) else set()
        all_known = bool(named) and {site.name for site in sketches if site.secret_known} >= named
        plain = {}
        for key, value in config.items():
            if key in Settings.model_fields or (key not in secrets and not _encrypted(value)):
                plain[key] = value
            elif not _encrypted(value):
                command = f"pulumi config set --secret {NAMESPACE}{key}"
                fix = f"Encrypt it with `{command}`; whoever could read the file knows the old one."
                self.mistakes.append(self.at.wrong(shown_key(key), "a secret stands here in the clear.", fix))
            elif key not in secrets and all_known:
                near = near_only(did_you_mean(key, secrets))
                self.mistakes.append(self.at.wrong(shown_key(key), "no site refers to this secret.", near))
        return plain

    # -- the site files

    def _sites(self, listed: object) -> tuple[GivenSite, ...]:
        """Every site file that can be read, in the order of the list."""
        folder = self.reader.root / "stacks" / self.env
        there = {path.stem: path.name for path in sorted(folder.glob("*.y*ml"))}
        is_list = isinstance(listed, list) and bool(listed)
        stated = dict.fromkeys(name for name in (listed if isinstance(listed, list) else there) if is_name(name))
        sites = []
        for name in stated:
            file, before = f"stacks/{self.env}/{name}.yaml", len(self.mistakes)
            if (fields := self.reader.mapping(file)) is not None:
                sites.append(GivenSite(name, Place(file), fields))
            elif len(self.mistakes) == before:
                self._wrong(file, "", f"missing; config.{NAMESPACE}sites names it.", _renamed(name, there, stated))
        for name in sorted(there.keys() - stated.keys()) if is_list else ():
            problem = f"config.{NAMESPACE}sites does not name it; expected every file of the folder there."
            self._wrong(f"stacks/{self.env}/{there[name]}", "", problem, "Add it to the list, or take the file away.")
        return tuple(sites)


def _encrypted(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _renamed(name: str, there: Mapping[str, str], listed: Mapping[str, object]) -> str:
    """What became of a missing site file: another suffix, another spelling, or not written yet."""
    if name in there:
        return f"Rename {there[name]} to {name}.yaml."
    return near_only(did_you_mean(name, there.keys() - listed.keys())) or "Write it, or take it off the list."
