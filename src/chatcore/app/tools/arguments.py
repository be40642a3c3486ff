"""Reading the arguments of a tool call: what a model wrote, as the values that a tool takes."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from cattrs import BaseValidationError, Converter, transform_error

from chatcore.domain.content.tool_results import ToolFailed
from chatcore.domain.json_text import JsonValue

T = TypeVar("T")


def read_arguments(args: Mapping[str, JsonValue], kind: type[T]) -> T | ToolFailed:
    """The arguments as a `kind`, or what is wrong with them, in words for the model. Unknown names are ignored."""
    given = {name: value for name, value in args.items() if value is not None}
    try:
        return _CONVERTER.structure(given, kind)
    except BaseValidationError as error:
        return ToolFailed(error=f"wrong arguments: {'; '.join(transform_error(error, path='arguments'))}")


def _exactly(kind: type[T]) -> Callable[[object, type[T]], T]:
    def read(value: object, _: type[T]) -> T:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return read


def _make_converter() -> Converter:
    converter = Converter()
    for kind in (str, bool, int):
        converter.register_structure_hook(kind, _exactly(kind))
    return converter


_CONVERTER: Final = _make_converter()
