"""The demo's book, put into the embedded store as a carrier does, and an event that names it."""

import os
from getpass import getuser
from pathlib import Path

import yaml

from flows.books.keeping import load_book
from flows.books.sources import find_files
from flows.wiring.books import BOOKS, store_address
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import atomic_path, keep_private
from policies.store.opening import open_store

STORED_EVENT = "stored-book.yaml"
"""Beside ``event.yaml``, which names the book's files."""


def store_demo_book(event_file: Path, out: Path, settings_file: Path) -> Path:
    """Load an event's book into the store beside the runs; gives the event file that names it.

    Raises:
        FirstNoticeError: see ``load_book``.
    """
    keep_private()
    name = event_file.parent.name
    store = open_store(store_address(None, Settings.read(settings_file), out))
    load_book(store, find_files([event_file]), name, getuser())
    content = yaml.safe_load(event_file.read_text(encoding="utf-8"))
    # as seen from the event's folder: the demo's folder may be moved
    store_path = os.path.relpath(out.resolve() / BOOKS, event_file.resolve().parent)
    content["policies"] = {"book": name, "store": store_path}
    path = event_file.with_name(STORED_EVENT)
    with atomic_path(path) as partial:
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
        partial.write_text(text, encoding="utf-8")
    return path
