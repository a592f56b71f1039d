"""What an environment may choose: `policy/config.<env>.json`, rule -> setting -> value."""

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from policy.record import Rule
from policy.rules import RULES

#: Understood by Pulumi itself, of every rule.
LEVEL = "enforcementLevel"


def mistakes(given: Any, where: str = "settings") -> list[str]:
    """Everything that is wrong with the settings of an environment: one sentence each, with what is allowed."""
    if not isinstance(given, Mapping):
        return [f"{where}: expected a mapping from rules to their settings"]
    rules = {rule.name: rule for rule in RULES}
    found: list[str] = []
    for name, settings in given.items():
        if name not in rules:
            found.append(f"{where}.{name}: there is no such rule{_near(name, rules)}")
        elif not isinstance(settings, Mapping):
            found.append(f"{where}.{name}: expected a mapping from settings to their values")
        else:
            found += _of_rule(rules[name], settings, f"{where}.{name}")
    return found


def of_rule(rule: Rule, settings: Mapping[str, Any]) -> list[str]:
    """The same for one rule."""
    return list(_of_rule(rule, settings, rule.name))


def _of_rule(rule: Rule, settings: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, value in settings.items():
        setting = rule.settings.get(name)
        if name == LEVEL:
            yield f"{where}.{name}: every rule is mandatory"
        elif setting is None:
            yield f"{where}.{name}: the rule has no such setting{_near(name, rule.settings)}"
        elif not setting.fits(value):
            expected = "true or false" if isinstance(setting.default, bool) else "a list of texts"
            yield f"{where}.{name}: expected {expected}: {setting.meaning}"


def _near(name: str, known: Collection[str]) -> str:
    """The name that was perhaps meant, and all that there are."""
    meant = get_close_matches(name, known, 1)
    return (f"; did you mean {meant[0]}?" if meant else ".") + f" There are: {', '.join(sorted(known)) or 'none'}"


def main(files: list[str]) -> int:
    """Checks files of settings, and says of each that it is right, or what is wrong with it."""
    found: list[str] = []
    for file in files:
        try:
            wrong = mistakes(json.loads(Path(file).read_text()), file)
        except OSError as error:
            wrong = [f"{file}: {error.strerror}. An environment without such a file has every rule as it is"]
        except ValueError as error:
            wrong = [f"{file}: is no readable JSON: {error}"]
        if not wrong:
            sys.stdout.write(f"{file}: every setting is one of its rule\n")
        found += wrong
    sys.stderr.write("".join(f"{mistake}\n" for mistake in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
