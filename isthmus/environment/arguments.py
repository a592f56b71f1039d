"""The way in from a program: plain mappings, as a program in YAML, TypeScript or Go writes them; and back."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from isthmus.environment.given import Given, GivenSite, Place
from isthmus.environment.model import Environment
from isthmus.environment.shapes import NAME
from isthmus.environment.shown import shown, shown_key
from isthmus.environment.site import ExternalSite, Site
from isthmus.environment.typed import environment_of, is_name, refused
from isthmus.errors import ConfigError, Mistake

SETTINGS: Final = Place("", "settings.")
SITES: Final = Place("", "sites.")


def described(
    *, project: str, environment: str, settings: Mapping[str, Any], sites: Mapping[str, Mapping[str, Any]]
) -> Environment:
    """The environment that these arguments describe, as `load` makes it of stack files.

    settings: the keys of a stack file without their namespace. `sites` may be left out of them: the sites are then
    those below, in their order.
    sites: name of a site -> the content of its file.

    Raises ConfigError, which holds every mistake; each is named by its path, such as `sites.ecmwf.pools.ecmwf.workers`.
    """
    if problem := refused(environment):
        raise ConfigError([Mistake("", "environment", problem)])
    mistakes = [] if project else [Mistake("", "project", "missing; expected the project's name.")]
    plain = _plain(settings) if isinstance(settings, Mapping) else None
    if plain is None:
        mistakes.append(Mistake("", "settings", f"got {shown(settings)}; expected a mapping."))
    named = _named(sites, mistakes)
    listed = (plain or {}).get("sites", list(named))
    stated = [name for name in listed if is_name(name)] if isinstance(listed, list) else list(named)
    mistakes += _unlisted(stated, named)
    # A list keeps its order on the way through any language; a mapping may not.
    order = dict.fromkeys([*stated, *named])
    given = tuple(
        GivenSite(name, SITES.below(name), fields) for name in order if (fields := named.get(name)) is not None
    )
    if plain is not None:
        plain.setdefault("sites", list(named) or ["none"])  # none: an empty list is a mistake that nobody wrote
    return environment_of(Given(project, environment, SETTINGS, plain, given), mistakes)


def _named(sites: Mapping[str, Mapping[str, Any]], mistakes: list[Mistake]) -> dict[str, dict[str, Any] | None]:
    """Every site that has a name -> its fields, None if they are no mapping. What is wrong is added to `mistakes`."""
    if not isinstance(sites, Mapping) or not sites:
        problem = "missing" if not sites else f"got {shown(sites)}"
        mistakes.append(Mistake("", "sites", f"{problem}; expected a mapping of at least one site."))
        return {}
    named: dict[str, dict[str, Any] | None] = {}
    for name, fields in sites.items():
        if not is_name(name):
            problem = f"this is no name of a site; expected {NAME.expected}."
            mistakes.append(SITES.wrong(shown_key(name), problem, NAME.near(name)))
            continue
        named[name] = _plain(fields) if isinstance(fields, Mapping) else None
        if named[name] is None:
            mistakes.append(SITES.wrong(name, f"got {shown(fields)}; expected a mapping."))
    return named


def arguments(environment: Environment) -> dict[str, Any]:
    """What `described` makes this environment of, as plain JSON data."""
    own = {site.name: _dumped(site) for site in environment.sites}
    others = {site.name: {"external": _dumped(site)} for site in environment.external}
    settings = environment.model_dump(mode="json", exclude_none=True, include=set(_SETTINGS))
    return {
        "project": environment.project,
        "environment": environment.name,
        "settings": {**settings, "sites": [*own, *others]},
        "sites": {**own, **others},
    }


def _dumped(site: Site | ExternalSite) -> dict[str, Any]:
    return site.model_dump(mode="json", exclude_none=True, exclude={"name"})


#: What an environment keeps of the settings as it is.
_SETTINGS: Final = ("cluster", "protect", "scheduler", "images", "network")


def _unlisted(listed: Sequence[str], named: Mapping[str, object]) -> list[Mistake]:
    """Where a stated list of sites and the sites themselves differ."""
    missing = [name for name in dict.fromkeys(listed) if name not in named]
    return [
        *(SITES.wrong(name, "missing; settings.sites names it.", "Describe it, or take it off.") for name in missing),
        *(
            SITES.wrong(name, "settings.sites does not name it.", "Add it to the list, or take the site away.")
            for name in named
            if name not in listed
        ),
    ]


def _plain(given: Any) -> Any:
    """As dicts, lists and whole numbers: JSON and Pulumi's protocol know one sort of number, where 4.0 is 4."""
    if isinstance(given, Mapping):
        return {key: _plain(value) for key, value in given.items()}
    if isinstance(given, list | tuple):
        return [_plain(value) for value in given]
    if isinstance(given, float) and given.is_integer():
        return int(given)
    return given
