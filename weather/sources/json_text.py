"""Products that are JSON: parsed, and their members taken with a reason where they are wrong."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from core.errors import WeatherError

SANE_YEARS = (1800, 2200)
"""Years that a product can mean and a timestamp can hold."""
_DEGREES = (360, 90)
_BAD_SHAPE = (
    ValueError, KeyError, AttributeError, TypeError, IndexError, RecursionError, ShapelyError,
)  # fmt: skip


def parse_json(content: bytes, name: str, what: str) -> Any:
    """The value of a product's bytes.

    Args:
        content: UTF-8, with or without its mark.
        name: of the file.
        what: it should be, for the message, as in ``GeoJSON of alerts``.

    Raises:
        WeatherError: it is no JSON, or holds NaN or infinity, which JSON has not.
    """
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise WeatherError(
            f"reading {name}", f"it is no JSON ({error})", f"Give {what} as published"
        ) from error


def member(holder: Mapping[str, Any], name: str) -> str | None:
    """A member that is text, without blanks around it; None where it is absent, null or empty.

    Raises:
        ValueError: it is something else, or text that no file can hold.
    """
    value = holder.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{name} is {str(value)[:60]!r}, no text")  # noqa: TRY004  a reject's reason
    return clean(value, name)


def clean(value: str, name: str) -> str | None:
    """Text without blanks around it; None where nothing is left.

    Raises:
        ValueError: half of a surrogate pair is in it, which no file can hold.
    """
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{name} is no text that UTF-8 can hold") from None
    return value.strip() or None


def read_number(
    holder: Mapping[str, Any], name: str, believable: tuple[float, float]
) -> float | None:
    """A member that is a number, or text of one; None where it is absent, null or empty.

    Raises:
        ValueError: it is none, or outside what is to be believed.
    """
    value = holder.get(name)
    if value is None or value == "":
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} {str(value)[:60]!r} is no number")
    if not believable[0] <= number <= believable[1]:
        raise ValueError(f"{name} {value!r} is outside {believable[0]:g} to {believable[1]:g}")
    return number


def parse_instant(value: str | None, name: str) -> datetime | None:
    """An instant with its offset, in UTC.

    Raises:
        ValueError: it is none, has no offset or lies in no year that can be meant.
    """
    if value is None:
        return None
    try:
        given = datetime.fromisoformat(value)
        at = given.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} {value!r} is no instant") from None
    if given.tzinfo is None:
        raise ValueError(f"{name} {value!r} has no offset from UTC")
    if not SANE_YEARS[0] <= at.year < SANE_YEARS[1]:
        raise ValueError(f"{name} {value!r} is of no year that can be meant")
    return at


def parse_shape(value: Any) -> BaseGeometry | None:
    """A geometry in degrees, longitude before latitude; None where it is null or empty.

    Raises:
        ValueError: it is none, or lies nowhere on Earth.
    """
    if value is None:
        return None
    try:
        found = shapely.force_2d(shape(value))
        bounds = np.array(found.bounds, dtype=float)
    except _BAD_SHAPE as error:
        raise ValueError(f"its outline is no geometry ({error})") from error
    if found.is_empty:
        return None
    longitude, latitude = _DEGREES
    limits = np.array([longitude, latitude, longitude, latitude])
    if not (np.isfinite(shapely.get_coordinates(found)).all() and (np.abs(bounds) <= limits).all()):
        raise ValueError("its outline lies nowhere on Earth")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}")
