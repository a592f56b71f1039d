"""Untyped -> typed: the one way from what somebody gave to an environment, collecting every mistake on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from isthmus import names
from isthmus.environment.clashes import clashes, free_id
from isthmus.environment.given import Given, GivenSite, Place
from isthmus.environment.model import Environment, Settings
from isthmus.environment.pool import Pool
from isthmus.environment.shapes import NAME, Name
from isthmus.environment.shown import shown, shown_key
from isthmus.environment.site import ExternalSite, Site
from isthmus.environment.sketch import Sketch, pools_of, sketch_of, valid, without_slots
from isthmus.environment.wording import UNKNOWN_KEY, mistakes_of
from isthmus.errors import ConfigError, Mistake

Model = TypeVar("Model", bound=BaseModel)

_NAME: TypeAdapter[str] = TypeAdapter(Name)


def is_name(given: object) -> bool:
    """Whether this may be the name of an environment or of a site."""
    return valid(_NAME, given) is not None


def refused(environment: str) -> str:
    """Why an environment cannot be called so, as a sentence; empty if it can."""
    if not is_name(environment):
        return f"got the environment name {shown(environment)}; expected {NAME.expected}."
    if names.namespace(environment) == names.SYSTEM_NAMESPACE:
        return f"its namespace would be {names.SYSTEM_NAMESPACE}, which is the controller's; expected another name."
    return ""


def environment_of(given: Given, before: Sequence[Mistake] = ()) -> Environment:
    """The environment, which is consistent.

    before: what was wrong already where `given` comes from. Raises ConfigError, which holds that and every mistake.
    """
    typing = _Typing(given, list(before))
    settings = None if given.settings is None else typing.typed(Settings, given.settings, given.at)
    parts = [typing.site(site) for site in given.sites]
    typing.mistakes += clashes(typing.sketch)
    if typing.mistakes or settings is None:
        raise ConfigError(typing.mistakes)
    return Environment(
        project=given.project,
        name=given.environment,
        cluster=settings.cluster or given.environment,
        protect=settings.protect,
        scheduler=settings.scheduler,
        images=settings.images,
        network=settings.network,
        sites=tuple(part for part in parts if isinstance(part, Site)),
        external=tuple(part for part in parts if isinstance(part, ExternalSite)),
    )


class _Typing:
    """One pass over an environment; `mistakes` grows, nothing is raised."""

    def __init__(self, given: Given, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        self.sketch: Sketch = sketch_of(given)

    def site(self, given: GivenSite) -> Site | ExternalSite | None:
        """The site; None if it is wrong in itself."""
        before = len(self.mistakes)
        part = self._external(given) if "external" in given.fields else self._own(given)
        self.mistakes[before:] = [_with_free_id(mistake, self.sketch) for mistake in self.mistakes[before:]]
        return part

    def _own(self, given: GivenSite) -> Site | None:
        self._not_named(given.name, given.fields, given.at)
        filled = {"namespace": names.namespace(self.sketch.name), **given.fields, "name": given.name}
        part = self.typed(Site, filled, given.at)
        if len(pools := pools_of(given.fields)) > 1:
            for pool in without_slots(pools):
                problem = "missing; expected {first, count}: a site with a second pool states every pool's slots."
                self.mistakes.append(given.at.wrong(f"pools.{shown_key(pool)}.slots", problem))
        return part

    def _external(self, given: GivenSite) -> ExternalSite | None:
        for key in given.fields.keys() - {"external"}:
            problem = "a site that this stack does not own has no other key beside external."
            self.mistakes.append(given.at.wrong(shown_key(key), problem, "Leave out one of the two."))
        fields = given.fields["external"]
        if not isinstance(fields, dict):
            problem = f"got {shown(fields)}; expected a mapping with id, publicKey, endpoint."
            self.mistakes.append(given.at.wrong("external", problem))
            return None
        at = given.at.below("external")
        self._not_named(given.name, fields, at)
        return self.typed(ExternalSite, {**fields, "name": given.name}, at)

    def _not_named(self, name: str, fields: Mapping[str, Any], at: Place) -> None:
        if "name" in fields:
            where = "the file's" if at.file else "its key"
            self.mistakes.append(at.wrong("name", "unknown key.", f"The site's name is {where}: {name}."))

    def typed(self, kind: type[Model], given: Mapping[str, Any], at: Place) -> Model | None:
        """The mapping as a model; None if something is wrong with it."""
        try:
            return kind.model_validate(dict(given))
        except ValidationError as error:
            found = mistakes_of(error, kind, at)
            self.mistakes += found if kind is ExternalSite else [_at_home(mistake, at) for mistake in found]
            return None


#: Whose keys people look for elsewhere -> where such a key belongs.
HOMES: Final[dict[type[BaseModel], str]] = {
    Settings: "It holds for the whole environment: isthmus:{key} in the stack file.",
    Site: "Each site has its own: {key} in its file.",
    Pool: "Each pool has its own: pools.<name>.{key} in the file of its site.",
}


def _at_home(mistake: Mistake, at: Place) -> Mistake:
    """With where a key at the top of a file belongs that is right, only not here."""
    key = mistake.path.removeprefix(at.prefix)
    home = next((where for kind, where in HOMES.items() if key in kind.model_fields), None)
    if mistake.problem != UNKNOWN_KEY or home is None:
        return mistake
    return replace(mistake, fix=home.format(key=key))


def _with_free_id(mistake: Mistake, sketch: Sketch) -> Mistake:
    if (mistake.file, mistake.path) not in {(site.at.file, site.at.path("id")) for site in sketch.sites}:
        return mistake
    fix = f"No other site may have it: it becomes the site's IPv6 subnet. Not used by any site now: {free_id(sketch)}."
    hint = f"{mistake.fix} " if mistake.fix and mistake.problem.startswith("got") else ""
    return replace(mistake, fix=f"{hint}{fix}")
