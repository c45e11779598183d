"""Commands about books of policies. Prints ids; names and contacts only for a stated purpose."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.claims.options import By, Role
from flows.cli.terminal import (
    DEFAULT_OUT,
    EXIT_INCOMPLETE,
    Out,
    SettingsFile,
    say,
    warn,
)

if TYPE_CHECKING:
    from policies.checking.report import BookReport
    from policies.store.base import BookStore
    from policies.store.snapshot import Snapshot

app = typer.Typer(no_args_is_help=True, help="Books of policies: load, check and look at them.")

Store = Annotated[
    str | None, typer.Option(help="A folder, or postgresql+psycopg://user@host/database.")
]
Sources = Annotated[
    list[Path],
    typer.Argument(help="An event.yaml, a folder, or LOCATION ACCOUNT [CONTACTS] files."),
]
_SHOWN_REASONS = 20
_PLACE_COLUMNS = ["portfolio_number", "account_number", "location_number", "policy_number"]


@app.command("load")
def load_command(
    sources: Sources,
    *,
    name: Annotated[str, typer.Option(help="Name of the book, as an event.yaml calls it.")],
    by: Annotated[str | None, typer.Option(help="Staff id of who loads it.  [login]")] = None,
    store: Store = None,
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
) -> None:
    """Read a book and keep it, frozen and hashed; the same files again change nothing."""
    from getpass import getuser

    from flows.books.keeping import load_book
    from flows.books.sources import find_files

    files = find_files(sources)
    loaded = load_book(_open(store, out, settings), files, name, by or getuser())
    told = "stored" if loaded.is_new else "was there already, and is now what the name means"
    say(f"Book {name}: snapshot {loaded.snapshot.snapshot_id} {told}.")
    _tell_snapshot(loaded.snapshot)


@app.command("check")
def check_command(
    sources: Annotated[
        list[str],
        typer.Argument(help="As for load, or the name or id of a stored book."),
    ],
    *,
    report: Annotated[
        Path | None, typer.Option(help="Also write it: .xlsx with all tables, or .csv of rows.")
    ] = None,
    store: Store = None,
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
) -> None:
    """Say what is wrong with a book before a storm; exit code 3 where it would stop a run."""
    from flows.books.keeping import check_files, check_stored, find_book_gaps, write_report
    from flows.books.sources import find_files
    from flows.wiring.settings import Settings

    paths = [Path(each) for each in sources]
    if len(paths) > 1 or paths[0].exists() or paths[0].suffix in {".yaml", ".yml"}:
        found = check_files(find_files(paths))
    else:
        found = check_stored(_open(store, out, settings), sources[0])
    _tell_report(found)
    if report is not None:
        write_report(found, f"Book check, {', '.join(path.name for path in paths)}", report)
        say(f"Report: {report}")
    gaps = find_book_gaps(found, Settings.read(settings))
    for gap in gaps:
        warn(f"A run would end incomplete: {gap.problem}. {gap.remedy}.")
    if gaps:
        raise typer.Exit(EXIT_INCOMPLETE)


@app.command("show")
def show_command(
    book: Annotated[str | None, typer.Argument(help="Name or snapshot id.  [list all]")] = None,
    *,
    policy: Annotated[str | None, typer.Option(help="Show the homes of this policy.")] = None,
    contacts: Annotated[bool, typer.Option("--contacts", help="With names and contacts.")] = False,
    purpose: Annotated[str, typer.Option(help="Why names are looked at; kept for ever.")] = "",
    by: Annotated[str | None, typer.Option(help="Staff id of who looks.  [login]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    store: Store = None,
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
) -> None:
    """List books, or show one, or one policy of it."""
    from policies.store.base import find_snapshot

    opened = _open(store, out, settings)
    if contacts and (book is None or policy is None):
        raise typer.BadParameter("--contacts goes with a book and --policy")
    if book is None:
        _list_books(opened, as_json=as_json)
        return
    snapshot = find_snapshot(opened, book).snapshot
    if policy is None:
        if as_json:
            typer.echo(json.dumps(snapshot.to_json(), indent=2, ensure_ascii=False))
            return
        say(f"Snapshot {snapshot.snapshot_id}")
        _tell_snapshot(snapshot)
        return
    who = (by, purpose) if contacts else None
    _show_policy(opened, snapshot, policy, who, as_json=as_json)


@app.command("expire")
def expire_command(
    *,
    by: By,
    role: Role,
    purpose: Annotated[str, typer.Option(help="What for, in a sentence; kept in the log.")],
    store: Store = None,
    out: Out = DEFAULT_OUT,
    settings: SettingsFile = None,
) -> None:
    """Remove books older than the settings' retention; what a name means now stays."""
    from claims.incidents.moving import Decider
    from flows.books.keeping import expire_books
    from flows.wiring.settings import Settings

    opened, who = _open(store, out, settings), Decider(by, role, purpose)
    removed = expire_books(opened, out, who, Settings.read(settings))
    for each in removed:
        say(f"{each.snapshot_id}: {each.homes} homes")
    say(f"{len(removed)} books removed")


def _open(store: str | None, out: Path, settings: Path | None) -> "BookStore":
    from flows.wiring.books import store_address
    from flows.wiring.settings import Settings
    from flows.wiring.storage.folders import keep_private
    from policies.store.opening import open_store

    keep_private()
    return open_store(store_address(store, Settings.read(settings), out))


def _list_books(store: "BookStore", *, as_json: bool) -> None:
    from dataclasses import asdict

    snapshots = {each.snapshot_id: each for each in store.snapshots()}
    current = {each.name: each.snapshot_id for each in store.loads()}
    rows: list[dict[str, Any]] = [
        asdict(each)
        | {
            "is_current": current[each.name] == each.snapshot_id,
            "homes": snapshots[each.snapshot_id].homes if each.snapshot_id in snapshots else None,
        }
        for each in store.loads()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        mark = "*" if row["is_current"] else " "
        homes = "removed" if row["homes"] is None else f"{row['homes']} homes"
        told = f"{homes}, loaded {row['loaded_at_utc']} by {row['loaded_by']}"
        say(f"{mark} {row['name']:24} {row['snapshot_id']}  {told}")
    say(f"{len(rows)} loads; * is what the name means now")


def _tell_snapshot(snapshot: "Snapshot") -> None:
    for each in snapshot.files:
        rows = f"{each.size_bytes} bytes, sha256 {each.sha256[:12]}"
        say(f"  {each.role:9} {each.name}: {rows}")
    say(f"  {snapshot.homes} homes read, {snapshot.homes_lost} lost")
    for reason, count in snapshot.rejected.items():
        say(f"  {count:8} {reason}")


def _tell_report(report: "BookReport") -> None:
    for row in report.measures.itertuples(index=False):
        say(f"{row.measure:20} {row.homes:9} {row.share:7.1%}  {row.meaning}")
    say("Geocodes:")
    for row in report.classes.itertuples(index=False):
        told = "may be automated" if row.is_automatic else "needs a person"
        say(f"  {row.geocode_class:2} {row.name:26} {row.homes:9} {row.share:7.1%}  {told}")
    for row in report.reasons.head(_SHOWN_REASONS).itertuples(index=False):
        field = "row" if row.field != row.field else row.field
        where = f"{row.file}, {field}, row {row.example_rows}"
        say(f"{row.what}: {row.rows} x {row.reason} ({where}). {row.remedy}.")
    left = len(report.reasons) - _SHOWN_REASONS
    if left > 0:
        say(f"... and {left} more kinds; --report lists all")


def _show_policy(
    store: "BookStore",
    snapshot: "Snapshot",
    policy: str,
    who: tuple[str | None, str] | None,
    *,
    as_json: bool,
) -> None:
    from datetime import UTC, datetime
    from getpass import getuser

    from flows.books.keeping import find_people, find_policy
    from policies.store.snapshot import Access

    book = find_policy(store, snapshot, policy)
    homes = book.locations.assign(
        longitude=book.locations.geometry.x, latitude=book.locations.geometry.y
    ).drop(columns="geometry")
    tables = {"homes": homes, "terms": book.terms}
    if who is not None:
        by, purpose = who
        at = datetime.now(UTC).isoformat(timespec="seconds")
        access = Access(by or getuser(), purpose, snapshot.snapshot_id, policy, at)
        tables["contacts"] = find_people(store, book, access)
    if as_json:
        told = {
            name: json.loads(table.to_json(orient="records", date_format="iso"))
            for name, table in tables.items()
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for name, table in tables.items():
        for place, row in enumerate(table.to_dict("records"), start=1):
            say(f"{name} {place}")
            for column, value in row.items():
                if value == value and value is not None:  # noqa: PLR0124  missing
                    say(f"  {column}: {value}")
