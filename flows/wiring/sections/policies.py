"""The book in an event file or a watch file: its files, or a stored book by name."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


class PoliciesSection(BaseModel):
    """The book: its files, or a book that `firstnotice book load` stored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    location: Path | None = Field(None, description="OED location file: CSV, CSV.gz or Parquet")
    account: Path | None = Field(None, description="OED account file, likewise")
    contacts: Path | None = Field(None, description="contacts by OED key")
    book: str | None = Field(
        None, pattern=r"\w", description="instead of files: name or snapshot id of a stored book"
    )
    store: str | None = Field(
        None, description="where that is: a folder, or a PostgreSQL URL; absent = as settings say"
    )

    @model_validator(mode="after")
    def _files_or_book(self) -> Self:
        files = (self.location, self.account, self.contacts)
        if self.book is not None and any(files):
            raise ValueError("give files, or book, not both")
        if self.book is None and (self.location is None or self.account is None):
            raise ValueError(
                "give policies.location and policies.account, or policies.book, the name of a "
                "stored book"
            )
        if self.store is not None and self.book is None:
            raise ValueError("store goes with book")
        return self

    @model_validator(mode="after")
    def _no_password(self) -> Self:
        if self.store is not None and "://" in self.store and _has_password(self.store):
            raise ValueError("leave the password out of store; settings, book.password, have it")
        return self

    def anchored(self, base: Path) -> "PoliciesSection":
        """The section with paths absolute, those given being relative to a folder."""
        named = {name: getattr(self, name) for name in ("location", "account", "contacts")}
        places = {name: base / path for name, path in named.items() if path is not None}
        is_folder = self.store is not None and "://" not in self.store
        store = str(base / str(self.store)) if is_folder else self.store
        return self.model_copy(update=places | {"store": store})


def _has_password(address: str) -> bool:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return False
    return url.password is not None or "password" in url.query
