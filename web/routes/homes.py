"""Homes: listed, searched, looked at; contacts behind a right of their own."""

import csv
import io
from typing import Annotated

import numpy as np
import pandas as pd
from fastapi import APIRouter, Depends, Query, Response
from numpy.typing import NDArray

from core.schemas.book import LOCATION_KEY
from reports.lists.files import defuse_formulas
from web.options import ContactView
from web.people.guard import Bench, ContactSeer, check_token
from web.people.rights import claims_role
from web.routes.shared import KEPT, MAX_ID, Json, NamedRow, NamedRun, Wanted, not_found
from web.routes.tiles import Side
from web.runs.contacts import mask, read_contact
from web.runs.evidence import tell_home
from web.runs.homes import Homes
from web.runs.incidents import tell_incident
from web.runs.pictures import find_picture
from web.runs.search import search

router = APIRouter(prefix="/api/events/{event_id}/{run_id}")
PAGE_ROWS = 100
_LISTED = ("policy_number", "location_number", "tier", "decision", "status", "p_damage", "p_severe")


@router.get("/homes")
def list_homes(
    run: NamedRun, bench: Bench, wanted: Wanted,
    q: Annotated[str, Query(max_length=MAX_ID)] = "",
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Json:  # fmt: skip
    """Homes worst first, a page of them; with ``q`` those that a search finds."""
    homes = bench.homes(run)
    rows = _choose(homes, bench.mask(run, wanted), q)
    shown = rows[offset : offset + PAGE_ROWS]
    return {"total": len(rows), "homes": [_tell_row(homes, row) for row in shown]}


@router.get("/homes.csv", response_class=Response)
def save_homes(
    run: NamedRun, bench: Bench, wanted: Wanted,
    q: Annotated[str, Query(max_length=MAX_ID)] = "",
) -> Response:  # fmt: skip
    """The listed homes as CSV, ids only."""
    homes = bench.homes(run)
    table = homes.table.iloc[_choose(homes, bench.mask(run, wanted), q)]
    told = table[[*LOCATION_KEY, "building_id", "incident_id", *_LISTED[2:]]].copy()
    for name in (*LOCATION_KEY, "building_id", "incident_id"):
        told[name] = defuse_formulas(told[name])
    stream = io.StringIO()
    told.to_csv(stream, index=False, quoting=csv.QUOTE_MINIMAL)
    saved = {"Content-Disposition": 'attachment; filename="homes.csv"'}
    return Response(stream.getvalue(), media_type="text/csv", headers=saved)


@router.get("/find")
def find_home(
    run: NamedRun, bench: Bench, home: Annotated[str, Query(max_length=2 * MAX_ID)]
) -> Json:
    """The row of a home by its permalink's id."""
    row = bench.homes(run).find(home)
    if row is None:
        raise not_found("home")
    return {"row": row}


@router.get("/homes/{row}")
def show_home(run: NamedRun, row: NamedRow, bench: Bench) -> Json:
    """The evidence of a home, and where its incident stands."""
    homes = bench.homes(run)
    told = tell_home(bench.finding(run, row).to_dict())
    ledger = bench.options.open_ledger() if told["incident"] else None
    return told | {
        "row": row,
        "home": homes.home_id(row),
        "lon": round(float(homes.lon[row]), 6),
        "lat": round(float(homes.lat[row]), 6),
        "outline": bench.outline(run, told["building"]),
        "hasPair": bool(homes.table.loc[row, ["pre_scene_id", "post_scene_id"]].notna().all()),
        "incidentStands": tell_incident(ledger, told["incident"]) if ledger else None,
    }


@router.get("/homes/{row}/{side}.jpg", response_class=Response)
def show_picture(run: NamedRun, row: NamedRow, side: Side, bench: Bench) -> Response:
    """A home before or after."""
    building = bench.homes(run).table["building_id"].iloc[row]
    picture = None if pd.isna(building) else find_picture(bench, run, str(building), side.value)
    if picture is None:
        raise not_found("picture")
    return Response(picture, media_type="image/jpeg", headers=KEPT)


@router.post("/homes/{row}/contact", dependencies=[Depends(check_token)])
def show_contact(run: NamedRun, row: NamedRow, bench: Bench, visitor: ContactSeer) -> Json:
    """How to reach the insured; each look is logged before it is answered."""
    homes, person = bench.homes(run), visitor.person
    role = claims_role(person.role)
    masked = () if role is None else tuple(bench.options.masked.get(role, ()))
    key = {name: str(homes.table[name].iloc[row]) for name in LOCATION_KEY}
    contact = read_contact(run.folder, key)
    if contact is None:
        raise not_found("contact")
    if role is not None:
        bench.options.users.check(person.name, role)
    bench.options.log_view(
        ContactView(person.name, str(person.role), run.event_id, homes.home_id(row), masked)
    )
    return mask(contact, masked)


def _choose(homes: Homes, chosen: NDArray[np.bool_] | None, text: str) -> list[int]:
    rows = search(homes.table, text) if text.strip() else list(range(len(homes)))
    return rows if chosen is None else [row for row in rows if chosen[row]]


def _tell_row(homes: Homes, row: int) -> Json:
    home = homes.table.iloc[row]
    return {
        "row": row,
        "lon": round(float(homes.lon[row]), 6),
        "lat": round(float(homes.lat[row]), 6),
        "reviewed": bool(homes.is_seen[row]),
        **{name: _plain(home[name]) for name in _LISTED},
    }


def _plain(value: object) -> object:
    if pd.isna(value):
        return None
    return round(value, 3) if isinstance(value, float) else value
