"""The way in: stack files -> untyped -> typed, collecting every mistake on the way."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from isthmus import names
from isthmus.environment.clashes import clashes, free_id
from isthmus.environment.model import Environment, ExternalSite, Network, Settings, Site
from isthmus.environment.reading import Reader
from isthmus.environment.shapes import NAME, Name
from isthmus.environment.shown import shown, shown_key
from isthmus.environment.sketch import Sketch, pools_of, site_sketch, valid, without_slots
from isthmus.environment.wording import did_you_mean, mistakes_of, near_only
from isthmus.errors import ConfigError, Mistake

Part = TypeVar("Part", bound=BaseModel)

PROJECT_FILE: Final = "Pulumi.yaml"
#: Our part of Pulumi's configuration; keys of other namespaces are other people's.
NAMESPACE: Final = "isthmus:"

_NAME: TypeAdapter[str] = TypeAdapter(Name)


def stack_names(root: Path) -> list[str]:
    """Every environment that the project describes, sorted."""
    return sorted(
        path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in (root / "stacks").glob("Pulumi.*.yaml")
    )


def load(root: Path, env: str) -> Environment:
    """The environment that `root/stacks` describes. No I/O but reading files.

    Raises ConfigError, which holds every mistake of every file, not the first.
    """
    loading = _Loading(root, env)
    environment = loading.environment()
    if loading.mistakes or environment is None:
        raise ConfigError(loading.mistakes)
    return environment


class _Loading:
    """One pass over the files of one environment; `mistakes` grows, nothing is raised."""

    def __init__(self, root: Path, env: str) -> None:
        self.env = env
        self.stack_file = f"stacks/Pulumi.{env}.yaml"
        self.reader = Reader(root)
        self.mistakes = self.reader.mistakes

    def environment(self) -> Environment | None:
        """What the files describe; None if a mistake stands in the way."""
        if valid(_NAME, self.env) is None:
            self._wrong("stacks", "", f"got the environment name {shown(self.env)}; expected {NAME.expected}.")
            return None
        if names.namespace(self.env) == names.SYSTEM_NAMESPACE:
            problem = f"its namespace would be {names.SYSTEM_NAMESPACE}, which is the controller's."
            self._wrong(self.stack_file, "", problem, "Choose another name.")
            return None
        project, stack = self._project(), self._stack()
        if stack is None:
            return None
        config = self._config(stack)
        files = self._site_files(config.get("sites"))
        sketch = self._sketch(config, files)
        settings = self._settings(config, sketch) if isinstance(stack.get("config"), dict) else None
        parts = [self._site(name, given, sketch) for name, given in files.items()]
        self.mistakes += clashes(sketch)
        if self.mistakes or project is None or settings is None:
            return None
        return Environment(
            project=project,
            name=self.env,
            cluster=settings.cluster or self.env,
            protect=settings.protect,
            scheduler=settings.scheduler,
            images=settings.images,
            network=settings.network,
            sites=tuple(part for part in parts if isinstance(part, Site)),
            external=tuple(part for part in parts if isinstance(part, ExternalSite)),
        )

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
        given = self.reader.mapping(self.stack_file)
        if given is None and len(self.mistakes) == before:
            known = stack_names(self.reader.root)
            problem = f"no such environment; there are: {', '.join(known) or 'none'}."
            self._wrong(self.stack_file, "", problem, near_only(did_you_mean(self.env, known)))
        return given

    def _config(self, stack: Mapping[str, Any]) -> dict[str, Any]:
        """The `isthmus:` keys of the stack file, without their namespace. Pulumi's own keys beside `config` pass."""
        given = stack.get("config")
        if not isinstance(given, dict):
            problem = "missing" if "config" not in stack else f"got {shown(given)}"
            near = near_only(did_you_mean("config", [key for key in stack if isinstance(key, str)]))
            self._wrong(self.stack_file, "config", f"{problem}; expected a mapping of isthmus:* keys.", near)
            return {}
        for key in given:
            if not isinstance(key, str) or ":" not in key:
                known = [f"{NAMESPACE}{name}" for name in Settings.model_fields]
                problem = "a key of a stack's configuration has a namespace."
                near = did_you_mean(f"{NAMESPACE}{key}", known)
                self._wrong(self.stack_file, f"config.{shown_key(key)}", problem, near)
        ours = {key: value for key, value in given.items() if isinstance(key, str) and key.startswith(NAMESPACE)}
        return {key.removeprefix(NAMESPACE): value for key, value in ours.items()}

    def _settings(self, config: Mapping[str, Any], sketch: Sketch) -> Settings | None:
        """The typed keys. Stack secrets live beside them: encrypted, and named by a site."""
        secrets = {site.secret for site in sketch.sites if site.secret is not None}
        readable = {site.name for site in sketch.sites if site.secret_known}
        all_known = readable >= set(sketch.listed)
        plain = {}
        for key, value in config.items():
            if key in Settings.model_fields or (key not in secrets and not _encrypted(value)):
                plain[key] = value
                continue
            path = f"config.{NAMESPACE}{shown_key(key)}"
            if not _encrypted(value):
                command = f"pulumi config set --secret {NAMESPACE}{key}"
                fix = f"Encrypt it with `{command}`; whoever could read the file knows the old one."
                self._wrong(self.stack_file, path, "a secret stands here in the clear.", fix)
            elif key not in secrets and all_known:
                self._wrong(
                    self.stack_file, path, "no site refers to this secret.", near_only(did_you_mean(key, secrets))
                )
        return self._typed(Settings, plain, self.stack_file, f"config.{NAMESPACE}")

    # -- the site files

    def _site_files(self, listed: object) -> dict[str, dict[str, Any]]:
        """Name -> content of every site file that can be read, in the order of the list."""
        folder = self.reader.root / "stacks" / self.env
        there = {path.stem: path.name for path in sorted(folder.glob("*.y*ml"))}
        is_list = isinstance(listed, list) and bool(listed)
        stated = dict.fromkeys(name for name in (listed if isinstance(listed, list) else there) if valid(_NAME, name))
        files = {}
        for name in stated:
            file, before = self._file(name), len(self.mistakes)
            if (given := self.reader.mapping(file)) is not None:
                files[name] = given
            elif len(self.mistakes) == before:
                self._wrong(file, "", f"missing; config.{NAMESPACE}sites names it.", _renamed(name, there, stated))
        for name in there.keys() - stated.keys() if is_list else ():
            problem = f"config.{NAMESPACE}sites does not name it; expected every file of the folder there."
            self._wrong(f"stacks/{self.env}/{there[name]}", "", problem, "Add it to the list, or take the file away.")
        return files

    def _file(self, site: str) -> str:
        return f"stacks/{self.env}/{site}.yaml"

    def _sketch(self, config: Mapping[str, Any], files: Mapping[str, dict[str, Any]]) -> Sketch:
        scheduler, listed = config.get("scheduler"), config.get("sites")
        return Sketch(
            name=self.env,
            stack_file=self.stack_file,
            cluster=valid(_NAME, config.get("cluster")) or self.env,
            scheduler_site=valid(_NAME, scheduler.get("site")) if isinstance(scheduler, dict) else None,
            prefix_stated=_prefix_stated(config),
            listed=tuple(name for name in listed if valid(_NAME, name)) if isinstance(listed, list) else (),
            sites=tuple(site_sketch(name, self._file(name), given) for name, given in files.items()),
        )

    def _site(self, name: str, given: dict[str, Any], sketch: Sketch) -> Site | ExternalSite | None:
        file, before = self._file(name), len(self.mistakes)
        kind: type[Site] | type[ExternalSite] = Site
        prefix, fields = "", given
        if "external" in given:
            kind, prefix, fields = ExternalSite, "external.", given["external"]
            for key in given.keys() - {"external"}:
                problem = "a site that this stack does not own has no other key beside external."
                self._wrong(file, shown_key(key), problem, "Leave out one of the two.")
            if not isinstance(fields, dict):
                problem = f"got {shown(fields)}; expected a mapping with id, publicKey, endpoint."
                self._wrong(file, "external", problem)
                return None
        if "name" in fields:
            self._wrong(file, f"{prefix}name", "unknown key.", f"The site's name is the file's: {name}.")
        part = self._typed(kind, {**fields, "name": name}, file, prefix)
        if len(pools := pools_of(given)) > 1:
            for pool in without_slots(pools):
                problem = "missing; expected {first, count}: a site with a second pool states every pool's slots."
                self._wrong(file, f"pools.{shown_key(pool)}.slots", problem)
        self.mistakes[before:] = [_with_free_id(mistake, sketch) for mistake in self.mistakes[before:]]
        return part

    def _typed(self, kind: type[Part], given: Mapping[str, Any], file: str, prefix: str = "") -> Part | None:
        try:
            return kind.model_validate(given)
        except ValidationError as error:
            self.mistakes += mistakes_of(error, kind, file, prefix)
            return None


def _encrypted(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _prefix_stated(config: Mapping[str, Any]) -> bool:
    """Whether the configuration gives a prefix. A misspelt `network` is one mistake, not also a missing prefix."""
    network = config.get("network", {})
    if not config or not isinstance(network, dict):
        return True
    if "prefix" in network or network.keys() - Network.model_fields.keys():
        return True
    unread = [value for key, value in config.items() if key not in Settings.model_fields]
    return any(isinstance(value, dict) and not _encrypted(value) for value in unread)


def _renamed(name: str, there: Mapping[str, str], listed: Mapping[str, object]) -> str:
    """What became of a missing site file: another suffix, another spelling, or not written yet."""
    if name in there:
        return f"Rename {there[name]} to {name}.yaml."
    return near_only(did_you_mean(name, there.keys() - listed.keys())) or "Write it, or take it off the list."


def _with_free_id(mistake: Mistake, sketch: Sketch) -> Mistake:
    if mistake.path not in ("id", "external.id"):
        return mistake
    fix = f"No other site may have it: it becomes the site's IPv6 subnet. Next free: {free_id(sketch)}."
    hint = f"{mistake.fix} " if mistake.fix and mistake.problem.startswith("got") else ""
    return replace(mistake, fix=f"{hint}{fix}")
