"""Label selectors: which labels they match, as Kubernetes reads them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from isthmus import names
from policy.plain import UNKNOWN, at, elements, items, mapping

#: Roles of pods that others bring, such as a notebook: nothing of the stack has them, and yet they are meant.
OUTSIDERS: Final = ("client", "scraper")

_OPERATORS: Final[Mapping[str, Callable[[Any, list[Any]], bool]]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
}


def matches(selector: Any, labels: Any) -> bool | None:
    """Whether a LabelSelector matches labels; None where something that is not known yet decides it.

    An empty selector matches everything; an absent one is the caller's to interpret.
    """
    if not known(selector):
        return None
    if not isinstance(at(selector, "matchLabels"), Mapping | None):
        return False
    verdicts = [_equal(at(labels, key), value) for key, value in mapping(selector, "matchLabels").items()]
    verdicts += [_expressed(each, labels) for _, each in elements(at(selector, "matchExpressions"), "")]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def selects_all(selector: Any) -> bool:
    """Whether a selector demands nothing."""
    return isinstance(selector, Mapping) and not any(selector.values())


def means_outsiders(selector: Any) -> bool:
    """Whether a selector is for pods that others bring."""
    return at(selector, "matchLabels", names.LABEL_ROLE) in OUTSIDERS


def known(selector: Any) -> bool:
    """Whether nothing of a selector is still to be told."""
    if selector is UNKNOWN:
        return False
    if isinstance(selector, Mapping):
        return all(known(part) for part in selector.values())
    return all(known(part) for part in selector) if isinstance(selector, list) else True


def _equal(label: Any, value: Any) -> bool | None:
    return None if label is UNKNOWN else label == value


def _expressed(expression: Any, labels: Any) -> bool | None:
    key, values, label = at(expression, "key"), items(expression, "values"), None
    if isinstance(key, str):
        label = at(labels, key)
    operator = _OPERATORS.get(str(at(expression, "operator")))
    if operator is None or not isinstance(key, str) or label is UNKNOWN:
        return None
    return operator(label, values)
