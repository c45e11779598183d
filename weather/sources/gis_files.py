"""What reading a damaged file of shapes through GDAL can end in, whichever its format."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError
from pyproj.exceptions import ProjError
from shapely.errors import ShapelyError

_log = logging.getLogger(__name__)
GIS_ERRORS = (
    DataSourceError, DataLayerError, FeatureError, GeometryError, ProjError, ShapelyError,
    ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError,
    NameError,
)  # fmt: skip
"""NameError: pyogrio 0.13 names a variable that it has not set where a table has no column left."""


@contextmanager
def logged_warnings(name: str) -> Iterator[None]:
    """What GDAL finds odd in a file goes to the log with the file's name."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield
    for each in said:
        _log.warning("%s: %s", name, each.message)
