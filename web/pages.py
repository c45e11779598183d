"""Pages from templates, everything from outside escaped."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import jinja2


def render(name: str, **values: Any) -> str:
    """A page of ``web/templates`` by its name."""
    return _environment().get_template(f"{name}.html.j2").render(**values)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_read), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _read(name: str) -> str:
    return (files("web") / "templates" / name).read_text(encoding="utf-8")
