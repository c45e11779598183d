"""What is wrong with a YAML file that a person wrote: where, what, and what was likely meant."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

UNKNOWN_NAME = ("extra_forbidden", "unexpected_keyword_argument")
"""pydantic's words for a name that a section does not have, in a model and in a dataclass."""
TOLD_AT_MOST = 3
"""Problems told at once; mending them shows the next."""

Place = tuple[int | str, ...]
"""Names and positions that lead to a value, as pydantic gives them."""


def describe_problem(error: Exception, text: str, model: type[BaseModel]) -> str:
    """The first problems of a file in words: line, field, what was likely meant.

    Args:
        error: what reading or validating raised.
        text: the file's; empty where values came from elsewhere.
        model: what the file should have been.
    """
    if isinstance(error, ValidationError):
        found = [_describe(each, text, model) for each in error.errors()]
        rest = len(found) - TOLD_AT_MOST
        more = f"; and {rest} more" if rest > 0 else ""
        return "; ".join(found[:TOLD_AT_MOST]) + more
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        said = error.problem or "it cannot be read"
        return f"line {mark.line + 1}, column {mark.column + 1}: {said}"
    return str(error)


def _describe(error: ErrorDetails, text: str, model: type[BaseModel]) -> str:
    place = tuple(error["loc"])
    line = find_line(text, place)
    field = ".".join(str(part) for part in place) or "the file"
    where = f"line {line}, {field}" if line is not None else field
    if error["type"] in UNKNOWN_NAME:
        known = sorted(names_at(model, place[:-1]))
        return f"{where}: there is no such field{_suggest(str(place[-1]), known)}"
    given = error["input"]  # anything, aliases of aliases too: only a word is held against others
    allowed = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
    meant = _suggest(given, allowed) if isinstance(given, str) else ""
    return f"{where}: {error['msg']}{meant}"


def _suggest(given: str, known: list[str]) -> str:
    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(given.casefold(), by_folded, n=1)
    return f" (did you mean {by_folded[close[0]]}?)" if close else ""


def names_at(model: type[Any], place: Place) -> set[str]:
    """Names of the fields of the section that a place leads to; none if it is no section."""
    sections: list[Any] = [model]
    for part in place:
        sections = [
            inner
            for section in sections
            for name, kind in _fields_of(section)
            if name == part
            for inner in _sections_in(kind)
        ]
    return {name for section in sections for name, _ in _fields_of(section)}


def _fields_of(section: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(section, type) and issubclass(section, BaseModel):
        for name, info in section.model_fields.items():
            yield name, info.annotation
    elif is_dataclass(section):
        for field in fields(section):
            yield field.name, field.type


def _sections_in(kind: Any) -> Iterator[Any]:
    """The models and dataclasses that a type is made of, as in ``Section | None``."""
    yield kind
    for part in get_args(kind):
        yield from _sections_in(part)


def find_line(text: str, place: Place) -> int | None:
    """Line of a value's name in a YAML text, the first line being 1; None if it is not there."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    line = None
    for part in place:
        key, node = _step(node, part)
        if key is None:
            return line
        line = key.start_mark.line + 1
    return line


def _step(node: Any, part: int | str) -> tuple[Any, Any]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None, None
