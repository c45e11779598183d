"""Settings as people read them: YAML, each value with its meaning above it."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from textwrap import dedent
from typing import Any

import yaml
from pydantic import BaseModel

from flows.wiring.settings import Settings
from flows.wiring.wording.redaction import describe_settings

_ONE_LINE = 1 << 20
"""Characters before YAML breaks a line: a setting stays on its own."""


def write_commented(settings: Settings) -> str:
    """The settings as YAML, each value with its meaning above it; secrets are hidden."""
    dumped = describe_settings(settings)
    lines: list[str] = []
    for name, section in settings:
        lines += [f"# {_first_line(section)}", f"{name}:"]
        for field, meaning in document_fields(type(section)):
            lines += [f"  # {meaning}", f"  {field}: {_plain(dumped[name][field])}"]
        lines.append("")
    return "\n".join(lines)


def document_fields(section: type[Any]) -> Iterator[tuple[str, str]]:
    """Fields of a section with what each means.

    A room's options are a dataclass, whose fields are described by the docstring under each.
    """
    if issubclass(section, BaseModel):
        for name, info in section.model_fields.items():
            yield name, info.description or ""
        return
    meanings = _docstrings_under_fields(section)
    for field in fields(section):
        yield field.name, meanings[field.name]


def _docstrings_under_fields(section: type[Any]) -> dict[str, str]:
    body = ast.parse(dedent(inspect.getsource(section))).body[0]
    statements = body.body if isinstance(body, ast.ClassDef) else []
    return {
        first.target.id: " ".join(str(second.value.value).split())
        for first, second in pairwise(statements)
        if isinstance(first, ast.AnnAssign)
        and isinstance(first.target, ast.Name)
        and isinstance(second, ast.Expr)
        and isinstance(second.value, ast.Constant)
    }


def _first_line(section: Any) -> str:
    return (type(section).__doc__ or "").partition("\n")[0]


def _plain(value: Any) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, width=_ONE_LINE, allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...")
