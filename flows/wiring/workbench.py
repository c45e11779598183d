"""Settings and a folder of runs to the web app."""

import logging
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import shapely
from fastapi import FastAPI

from core.errors import FirstNoticeError
from flows.wiring.adapters import find_ledger, open_catalog, open_reader
from flows.wiring.settings import Settings
from flows.wiring.storage.exports import Export, log_exports
from flows.wiring.storage.folders import read_geo_table
from flows.wiring.storage.origin import find_origin
from web.app import create_app
from web.options import LOOPBACK, ContactView, RunPixels, WorkbenchOptions
from web.people.users import UserFile

_log = logging.getLogger(__name__)
USERS_FILE = Path(".web") / "users.json"
"""Under the folder of runs; no event's folder begins with a dot."""


def open_users(out: Path, users_file: Path | None = None) -> UserFile:
    """Who may log in, by a file given or that of the folder of runs."""
    return UserFile(users_file or out / USERS_FILE)


def build_app(
    out: Path, settings: Settings, users_file: Path | None = None, *, public_host: str | None = None
) -> FastAPI:
    """The web app over a folder of runs.

    Args:
        out: folder of all runs; also the ledger's, unless settings name a store.
        settings: roles, and columns that roles do not see.
        users_file: who may log in; that of ``out`` if not given.
        public_host: name under which a proxy with TLS serves it; the cookie then needs https.
    """
    out = out.resolve()
    hosts = LOOPBACK if public_host is None else (*LOOPBACK, public_host)
    return create_app(
        WorkbenchOptions(
            out=out,
            people=open_users(out, users_file),
            now=lambda: datetime.now(UTC),
            open_ledger=partial(find_ledger, settings, out),
            log_view=partial(_log_view, out, settings),
            open_pixels=open_pixels,
            users=settings.users,
            masked=settings.access.masked,
            hosts=hosts,
            is_https=public_host is not None,
        )
    )


def open_pixels(run_folder: Path) -> RunPixels | None:
    """The scenes that a run looked at, by its own catalogue, licences and judged addresses."""
    run = find_origin(run_folder)
    if run is None:
        return None
    scenes = read_geo_table(run_folder / "work" / "scenes.parquet")
    if not len(scenes):
        return None
    area = shapely.box(*scenes.total_bounds)
    try:
        found = open_catalog(run).search(area, run.as_of_utc).scenes
    except FirstNoticeError as error:  # the map is of use without pictures
        _log.warning("pictures of run %s: %s", run.folder.run_id, error)
        return None
    looked_at = set(scenes["scene_id"])
    return RunPixels(
        {scene.scene_id: scene for scene in found if scene.scene_id in looked_at}, open_reader(run)
    )


def _log_view(out: Path, settings: Settings, view: ContactView) -> None:
    """A look at a contact is an export of one row."""
    purpose, what = settings.access.purpose, "contact seen in the web app"
    file = f"{view.event_id}/{view.home}"
    log_exports(out, [Export(view.by, view.role, purpose, what, file, 1, masked=view.masked)])
