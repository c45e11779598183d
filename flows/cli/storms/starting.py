"""The command that writes an event file for somebody's own storm."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from core.events import Peril
from flows.cli.terminal import console, parse_instant

app = typer.Typer()

INSTANT = {"parser": parse_instant, "metavar": "UTC"}
LOCATION = "policies/location.csv"
ACCOUNT = "policies/account.csv"
FOOTPRINTS = "footprints.parquet"


@app.command()
def init(
    event: Annotated[str, typer.Argument(help="Id of the event, as in my-storm-2026.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder of event folders.")] = Path("events"),
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    peril: Annotated[
        list[Peril] | None,
        typer.Option(help="OED codes, the primary one first: WTC is hurricane wind."),
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(**INSTANT, help="First instant at which losses occurred.")
    ] = None,
    end: Annotated[datetime | None, typer.Option(**INSTANT, help="Last such instant.")] = None,
    hazard: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|BOX|scenes",
            help="Best tracks with --storm-id, GeoJSON area, west,south,east,north, or scenes.",
        ),
    ] = None,
    storm_id: Annotated[str | None, typer.Option(help="Storm in the file, like AL142018.")] = None,
    imagery: Annotated[
        str | None,
        typer.Option(
            metavar="CATALOG|FOLDER|noaa:EVENT",
            help="catalog.json (path or address), a folder of GeoTIFFs, or noaa:2018_Michael.",
        ),
    ] = None,
    location: Annotated[str, typer.Option(help="OED location file.")] = LOCATION,
    account: Annotated[str, typer.Option(help="OED account file.")] = ACCOUNT,
    contacts: Annotated[str | None, typer.Option(help="Contacts, if there are any.")] = None,
    footprints: Annotated[str, typer.Option(help="Building footprints.")] = FOOTPRINTS,
) -> None:
    """Write a commented event file for your own storm; asks for what is not given."""
    from flows.importing.new_event import NewEvent, write_new_event

    started = start or parse_instant(typer.prompt("Losses began at (UTC, as in 2026-09-28T06:00Z)"))
    told = NewEvent(
        event_id=event,
        name=name or typer.prompt("What people call the event"),
        perils=tuple(peril or (Peril(typer.prompt("Primary peril (OED code)", default="WTC")),)),
        start_utc=started,
        end_utc=end or parse_instant(typer.prompt("Losses ended at (UTC)")),
        hazard=hazard or typer.prompt("Hazard: best tracks, GeoJSON area, box or scenes"),
        storm_id=storm_id,
        imagery=imagery or typer.prompt("Imagery: catalog.json, folder or noaa:EVENT"),
        location=location, account=account, contacts=contacts, footprints=footprints,
    )  # fmt: skip
    path, missing = write_new_event(told, out, datetime.now(UTC))
    console.print(f"Wrote [bold]{path}[/bold]", soft_wrap=True)
    for each in missing:
        console.print(f"  not there yet: {each}", style="yellow", markup=False, soft_wrap=True)
    console.print("docs/your-first-storm.md says where each comes from. Then: "
                  f"firstnotice run {path}", soft_wrap=True)  # fmt: skip
