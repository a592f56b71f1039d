"""One mapping of a stack file: its fields, and the rules between them.

pydantic asks for a rule between fields only once every field is right; a person then mends a file twice. Here a rule is
asked as soon as the fields that it reads are right, so that one run says all that is wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

Location = tuple[int | str, ...]
Flag = Annotated[bool, Field(strict=True)]

#: In a field's JSON schema: what the loader fills in where nobody wrote the field, in words.
FILLED: Final = "filled"


def whole(low: int, high: int | None = None) -> Any:
    """A field of whole numbers from `low` to `high`; neither 1.0 nor "1" nor true is one."""
    return Field(strict=True, ge=low, le=high)


@dataclass(frozen=True)
class Broken:
    """A rule between fields that does not hold."""

    problem: str
    """A sentence without its full stop."""
    path: Location = ()
    """Where in the mapping; empty for the mapping itself."""


class Part(BaseModel):
    """One mapping of a stack file: it does not change, and a key that it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def filled(cls, given: dict[str, Any]) -> dict[str, Any]:
        """The mapping with what follows from the rest of it where nobody wrote it."""
        return given

    @classmethod
    def broken(cls, right: Mapping[str, Any]) -> Iterator[Broken]:  # noqa: ARG003
        """The rules between fields that do not hold.

        right: the fields that are right in themselves, defaults too; those of a mapping below as `service.type`. One
        that is absent is wrong, or may be meant by a misspelt key: a rule that reads it has nothing to say.
        """
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _every_mistake_at_once(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(given, dict):
            return handler(given)
        given = cls.filled(given)
        found: list[InitErrorDetails] = []
        try:
            part = handler(given)
        except ValidationError as error:
            rows = error.errors(include_url=False)
            found += [_detail(row["type"], row["msg"], row["loc"], row["input"]) for row in rows]
        wrong = [row["loc"] for row in found]
        found += [
            _detail("rule", rule.problem, rule.path, _at(given, rule.path))
            for rule in cls.broken(_right(cls, given, wrong))
        ]
        if found:
            raise ValidationError.from_exception_data(cls.__name__, found)
        return part


def _detail(type_: str, message: str, location: Location, given: object) -> InitErrorDetails:
    # Without context pydantic leaves braces in the message alone.
    return InitErrorDetails(type=PydanticCustomError(type_, message), loc=location, input=given)


def _at(given: Any, path: Location) -> Any:
    for step in path:
        given = given[step]
    return given


def _right(kind: type[Part], given: Mapping[str, Any], wrong: Sequence[Location]) -> dict[str, Any]:
    """The fields of a mapping that are right in themselves, though others, at the `wrong` locations, are not."""
    misspelt = given.keys() - kind.model_fields.keys()
    right: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        below = [location[1:] for location in wrong if location[:1] == (name,)]
        if name in given and not below:
            right[name] = _field(kind, name).validate_python(given[name])
        elif name not in given and not field.is_required() and not misspelt:
            right[name] = field.get_default(call_default_factory=True)
        inner = field.annotation
        if not (isinstance(inner, type) and issubclass(inner, Part)):
            continue
        if name in right:
            right |= {f"{name}.{key}": getattr(right[name], key) for key in inner.model_fields}
        elif isinstance(given.get(name), dict):
            right |= {f"{name}.{key}": value for key, value in _right(inner, given[name], below).items()}
    return right


@cache
def _field(kind: type[Part], name: str) -> TypeAdapter[Any]:
    field = kind.model_fields[name]
    shape: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return TypeAdapter(shape)
