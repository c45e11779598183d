"""What several routes take and give."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Path, Query, status

from core.damage import Decision, Status, Tier
from web.people.guard import Bench, Seer
from web.runs.homes import HomeFilter
from web.runs.listing import Run, find_latest, find_run

MAX_ID = 200
"""Characters of an id from outside; anything longer is none."""
MAX_ZOOM = 16
"""Finest vector tiles; the browser enlarges them further."""
MAX_PICTURE_ZOOM = 21
"""Some 7 cm a pixel: finer than any scene."""
KEPT = {"Cache-Control": "private, max-age=86400, immutable"}
"""Of a run nothing changes: its id is in the address."""

Id = Annotated[str, Path(max_length=MAX_ID)]
Row = Annotated[int, Path(ge=0)]


def not_found(what: str) -> HTTPException:
    """There is no such thing; what was asked for is not repeated."""
    return HTTPException(status.HTTP_404_NOT_FOUND, f"no such {what}")


def newest_run(event_id: Id, bench: Bench) -> Run:
    """The newest run of the event in the address."""
    run = find_latest(bench.options.out, event_id)
    if run is None:
        raise not_found("event")
    return run


def named_run(event_id: Id, run_id: Id, bench: Bench, _: Seer) -> Run:
    """The run in the address."""
    run = find_run(bench.options.out, event_id, run_id)
    if run is None:
        raise not_found("run")
    return run


NewestRun = Annotated[Run, Depends(newest_run)]
NamedRun = Annotated[Run, Depends(named_run)]


def named_row(row: Row, run: NamedRun, bench: Bench) -> int:
    """The home in the address, by its row in the run."""
    if row >= len(bench.homes(run)):
        raise not_found("home")
    return row


NamedRow = Annotated[int, Depends(named_row)]


async def read_filter(
    tier: Annotated[list[Tier] | None, Query()] = None,
    decision: Annotated[list[Decision] | None, Query()] = None,
    status: Annotated[list[Status] | None, Query()] = None,
) -> HomeFilter:
    """Which homes are wanted; each may be given several times."""
    return HomeFilter(*(frozenset(map(str, each or ())) for each in (tier, decision, status)))


Wanted = Annotated[HomeFilter, Depends(read_filter)]


async def named_tile(
    z: Annotated[int, Path(ge=0, le=MAX_PICTURE_ZOOM)],
    x: Annotated[int, Path(ge=0)],
    y: Annotated[int, Path(ge=0)],
) -> tuple[int, int, int]:
    """A tile of web Mercator that exists."""
    if max(x, y) >= 2**z:
        raise not_found("tile")
    return z, x, y


NamedTile = Annotated[tuple[int, int, int], Depends(named_tile)]
Json = dict[str, Any]
