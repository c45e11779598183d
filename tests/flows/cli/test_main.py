"""The command line: help for each command, one line for each error, and the exit status."""

import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version

import pytest
import yaml
from typer.testing import CliRunner

from flows.cli import main as cli
from flows.wiring.event_file import read_event_file
from flows.wiring.settings import Settings

COMMANDS = (
    (),
    ("init",),
    ("run",),
    ("demo",),
    ("import",),
    ("import", "xbd"),
    ("ledger",),
    ("ledger", "verify"),
    ("backtest",),
    ("evaluate",),
    ("train",),
    ("settings",),
)


@pytest.fixture
def firstnotice(monkeypatch, capsys):
    """Runs the command line in this process; gives exit status, output and errors."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["firstnotice", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            sys.exit(cli.main())
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return run


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_explains_itself(command):
    told = CliRunner().invoke(cli.app, [*command, "--help"])
    assert told.exit_code == 0
    assert "Usage" in told.output
    assert len(told.output.splitlines()) > 5


def test_the_version_is_told(firstnotice):
    status, out, _ = firstnotice("--version")
    assert (status, out) == (0, f"firstnotice {version('firstnotice')}\n")


@pytest.mark.parametrize("place", ["file", "below a file"])
def test_an_impossible_output_folder_is_told_before_any_work(
    firstnotice, town_event, tmp_path, place
):
    out = tmp_path / "taken"
    out.write_text("a file", encoding="utf-8")
    if place == "below a file":
        out /= "out"
    for arguments in (("run", town_event), ("demo",)):
        status, printed, err = firstnotice(*arguments, "--out", out)
        assert status == 2
        assert printed == ""
        assert err.startswith(f"Error: opening the output folder {out}: ")
        assert err.count("\n") == 1


def test_an_event_file_is_begun_by_answers_and_options(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = ["init", "my-storm", "--peril", "WTC", "--start", "2026-09-28T06:00Z"]
    asked = "Hurricane Sample\n2026-09-29\nweather/area.geojson\nnoaa:2026_Sample\n"
    told = CliRunner().invoke(cli.app, given, input=asked)
    assert told.exit_code == 0, told.output
    source = read_event_file(tmp_path / "events" / "my-storm" / "event.yaml")
    assert source.name == "Hurricane Sample"
    assert source.imagery.noaa_eri.event == "2026_Sample"
    assert "not there yet" in told.output


def test_settings_are_printed_as_yaml_that_reads_back(firstnotice, tmp_path):
    status, out, _ = firstnotice("settings")
    assert status == 0
    assert yaml.safe_load(out) == Settings().model_dump(mode="json")
    path = tmp_path / "s.yaml"
    path.write_text(out.replace("buildings_per_batch: 256", "buildings_per_batch: 3"))
    status, out, _ = firstnotice("settings", "--file", path)
    assert yaml.safe_load(out)["run"]["buildings_per_batch"] == 3


def test_a_wrong_event_file_is_one_line_and_status_2(firstnotice, tmp_path):
    missing = tmp_path / ("a" * 120) / "none.yaml"
    for arguments in (("run", missing), ("backtest", missing)):
        status, out, err = firstnotice(*arguments, "--out", tmp_path / "out")
        assert status == 2
        assert out == ""
        assert err.startswith("Error: ")
        assert str(missing) in err
        assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("instant", ["yesterday", "2018-13-01", "12:00"])
def test_what_is_no_instant_is_status_2(firstnotice, town_event, instant):
    status, _, err = firstnotice("run", town_event, "--as-of", instant)
    assert status == 2
    assert instant in err


@pytest.mark.parametrize(
    "instant", ["2018-10-14T12:00:00Z", "2018-10-14T12:00:00", "2018-10-14T07:00:00-05:00"]
)
def test_an_instant_is_utc_unless_it_says_otherwise(
    firstnotice, town_event, tmp_path, monkeypatch, instant
):
    asked = []

    def stop(_event, _out, as_of_utc, *_):
        asked.append(as_of_utc)
        raise SystemExit(0)

    monkeypatch.setattr("flows.cli.process.running.run_event", stop)
    firstnotice("run", town_event, "--out", tmp_path, "--as-of", instant)
    assert asked == [datetime(2018, 10, 14, 12, tzinfo=UTC)]


def test_a_run_that_saw_too_little_is_status_3_and_published_all_the_same(
    firstnotice, prefect_server, event_copy, tmp_path
):
    content = yaml.safe_load(event_copy.read_text(encoding="utf-8"))
    content["min_assessed_frac"] = 0.9
    event_copy.write_text(yaml.safe_dump(content), encoding="utf-8")
    before_the_pictures = "2018-10-12T12:00:00Z"
    out = tmp_path / "out"
    status, _, err = firstnotice("run", event_copy, "--out", out, "--as-of", before_the_pictures)
    assert status == 3
    lines = [line for line in err.splitlines() if line.startswith("Incomplete: ")]
    assert len(lines) == 1
    assert "only 0 of 24 matched homes were graded (0%, 90% asked): 24 no_imagery" in lines[0]
    assert "Traceback" not in err
    assert (out / "small-town" / "latest" / "daily_list.csv").is_file()


def test_a_ledger_is_verified_and_an_edited_row_is_found(
    firstnotice, assess, town_event, town_grades, tmp_path
):
    assess(town_event, tmp_path, says=town_grades)
    status, out, _ = firstnotice("ledger", "verify", "--out", tmp_path)
    assert status == 0
    assert "holds" in out
    path = tmp_path / "ledger.sqlite"
    assert firstnotice("ledger", "verify", "--store", f"sqlite:///{path}")[0] == 0
    with closing(sqlite3.connect(path)) as database, database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(
            "UPDATE ledger_entries SET payload = replace(payload, 'T4', 'T0') WHERE seq = 1"
        )
        database.execute("UPDATE ledger_entries SET actor = 'nobody' WHERE seq = 2")
    status, _, err = firstnotice("ledger", "verify", "--out", tmp_path)
    assert status == 1
    assert "does NOT hold" in err
    assert "row 2: was edited" in err


def test_a_ledger_that_is_not_there_is_status_2_and_not_made(firstnotice, tmp_path):
    status, _, err = firstnotice("ledger", "verify", "--out", tmp_path)
    assert status == 2
    assert "ledger.sqlite" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "ledger.sqlite").exists()


def test_a_backtest_prints_json(firstnotice, assess, town_event, town_grades, tmp_path):
    assess(town_event, tmp_path, says=town_grades)
    status, out, _ = firstnotice("backtest", town_event, "--out", tmp_path)
    assert status == 0
    assert yaml.safe_load(out)["locations"] == 24
