"""Columns of a table: what each holds, in which unit, as a pandera column."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pandera.pandas as pa

UTC_DTYPE = pd.DatetimeTZDtype("us", "UTC")


@dataclass(frozen=True, slots=True)
class Field:
    """One column: what it holds, in which unit."""

    dtype: Any
    meaning: str
    unit: str = ""
    nullable: bool = False
    checks: tuple[pa.Check, ...] = ()
    is_required: bool = True
    """Whether a table without the column is refused; where not, all its values are missing."""


def text(meaning: str, *, nullable: bool = False, of: Iterable[str] | None = None) -> Field:
    """A text column, optionally one of a fixed set of words."""
    checks = () if of is None else (pa.Check.isin([str(word) for word in of]),)
    return Field(str, meaning, "", nullable, checks)


def number(
    meaning: str, unit: str, *, nullable: bool = False, at_least: float | None = None
) -> Field:
    """A float column with its unit."""
    checks = () if at_least is None else (pa.Check.ge(at_least),)
    return Field(float, meaning, unit, nullable, checks)


def whole(meaning: str, unit: str = "") -> Field:
    """A column of whole numbers, none missing."""
    return Field("int64", meaning, unit)


def fraction(meaning: str, *, nullable: bool = False) -> Field:
    """A float column from 0 to 1."""
    return Field(float, meaning, "0 to 1", nullable, (pa.Check.in_range(0, 1),))


def instant(meaning: str, *, nullable: bool = False) -> Field:
    """A UTC timestamp column."""
    return Field(UTC_DTYPE, meaning, "UTC", nullable)


def geometry(meaning: str, *, nullable: bool = False) -> Field:
    """A geometry column in EPSG:4326, longitude before latitude."""
    return Field("geometry", meaning, "EPSG:4326", nullable)


def table_schema(
    name: str, key: list[str], meaning: str, fields: dict[str, Field]
) -> pa.DataFrameSchema:
    """A strict table: these columns, no others, one row a key."""
    columns = {
        column: pa.Column(
            field.dtype,
            list(field.checks),
            nullable=field.nullable,
            required=field.is_required,
            coerce=field.dtype != "geometry",
            description=field.meaning,
            metadata={"unit": field.unit},
        )
        for column, field in fields.items()
    }
    return pa.DataFrameSchema(
        columns,
        name=name,
        unique=key,
        strict=True,
        ordered=False,
        description=meaning,
        metadata={"key": key},
    )
