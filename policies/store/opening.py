"""From an address to the store that lies there."""

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from core.errors import SettingsError
from policies.store.base import BookStore
from policies.store.embedded import EmbeddedStore

_POSTGRES = ("postgresql://", "postgresql+psycopg://")
_REMEDY = "Name a folder, or write postgresql+psycopg://user@host/database"


def open_store(address: str) -> BookStore:
    """The store at a folder or at a PostgreSQL URL.

    Raises:
        SettingsError: the address is of no kind that is known.
        ExposureError, TransientError: the database cannot be opened.
    """
    if "://" not in address:
        return EmbeddedStore(Path(address))
    if not address.startswith(_POSTGRES):
        kind = address.partition("://")[0]
        raise SettingsError("opening the store of books", f"{kind!r} is no kind of store", _REMEDY)
    try:
        url = make_url(address).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        # the text may hold a password, so it is not quoted
        raise SettingsError(
            "opening the store of books", "its URL cannot be read", _REMEDY
        ) from None
    from policies.store.postgis import PostgisStore  # noqa: PLC0415  a folder needs no database

    return PostgisStore(url)
