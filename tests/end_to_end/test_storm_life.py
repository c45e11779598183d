"""A storm's life on a faked clock: advisories, landfall, three waves of pictures, claims, reviews.

A list each day, its changes right to the row, nothing opened twice, and a wave of pictures costs
its own homes; the same again with every day's run killed at a random moment.
"""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml
from geopandas.testing import assert_geodataframe_equal

from claims.ledger.store import Ledger
from core.damage import DamageGrade
from flows.closing import IncompleteRunError
from flows.stages.pull_weather import pull_weather
from flows.watching.poll import poll
from flows.wiring.sections.watch import read_watch_file
from flows.wiring.settings import Settings
from tests.flows.watching.conftest import deck

EVENT = "al992018"
DAYS = [datetime(2018, 10, day, 20, tzinfo=UTC) for day in (11, 12, 13, 14)]
WEST = ("small-town-post-r0c0", "small-town-post-r1c0")
EAST = ("small-town-post-r0c1", "small-town-post-r1c1")
SEED = 20181010
WAIT_S = 300
MILESTONES = (
    "work/locations.parquet", "work/pairs.parquet", "work/grades.parquet", "findings.parquet",
    "daily_list.csv", "summary.json",
)  # fmt: skip
"""Files of a run in their order; it is killed as one of them, drawn by chance, appears."""
KILLED = """
import json, sys
from pathlib import Path
from flows.cli.process.environment import prepare_prefect
prepare_prefect()
import numpy as np
from core.damage import GradeProbabilities
from flows.stages.tiles import work

grades = json.loads(Path(sys.argv.pop(1)).read_text())

class Teller:
    def grade(self, chips):
        values = np.full((len(chips), 4), 0.005, np.float32)
        for row, name in enumerate(chips.building_ids):
            values[row, grades[name]] = 0.985
        return GradeProbabilities(values)

work.open_detector = lambda _: Teller()
from flows.cli.main import main
main()
"""
"""The command as installed, but for a detector that knows the truth."""


class World:
    """What there is to see on each day, on a clock that the test holds."""

    def __init__(self, folder, web):
        self.folder, self.web, self.at = folder, web, datetime(2018, 10, 9, 9, tzinfo=UTC)
        self.event_file = folder / "events" / EVENT / "event.yaml"
        town = "event"
        watched = {
            "policies": {name: f"{town}/policies/{name}.csv"
                         for name in ("location", "account", "contacts")},
            "footprints": f"{town}/footprints.parquet",
            "imagery": {"catalog": f"{town}/imagery/catalog.json"},
            "services": {"storms": {"site": web.url, "atcf": f"{web.url}/atcf"}},
        }  # fmt: skip
        self.watch_file = folder / "watch.yaml"
        self.watch_file.write_text(yaml.safe_dump(watched), encoding="utf-8")
        for scene in (*WEST, *EAST):
            self._capture(scene, "2018-12-01T16:00:00Z")  # not flown yet

    def advise(self, at, fixes):
        """An advisory comes; what the watch makes of it."""
        self.at = at
        self.web.pages |= {
            "/CurrentStorms.json": {"activeStorms": [{"id": EVENT, "name": "Demo"}]},
            f"/atcf/btk/b{EVENT}.dat": deck(fixes),
        }
        found = poll(read_watch_file(self.watch_file), Settings.read(None), lambda: self.at)
        return [(each.event_id, str(each.version.news)) for each in found]

    def pull(self, at):
        """The event's own services are asked."""
        self.at = at
        pull_weather(self.event_file, None, lambda: self.at)

    def fly(self, scenes, day, *, is_clouded=False):
        """Pictures come in; clouded ones are white all over, and kept for the clear ones."""
        for scene in scenes:
            path = self.folder / "event" / "imagery" / f"{scene}.tif"
            clear = path.with_suffix(".clear")
            if is_clouded:
                shutil.copy(path, clear)
                with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as picture:
                    picture.write(np.full((picture.count, *picture.shape), 235, np.uint8))
            elif clear.exists():
                shutil.move(clear, path)
            self._capture(scene, f"2018-10-{day}T16:00:00Z")

    def tell(self, name, header, rows):
        """A file of people's beside the event, which names it from then on."""
        lines = [",".join(header), *(",".join(row) for row in rows)]
        path = self.event_file.with_name(f"{name}.csv")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        content = yaml.safe_load(self.event_file.read_text(encoding="utf-8"))
        self.event_file.write_text(yaml.safe_dump(content | {name: path.name}), encoding="utf-8")

    def _capture(self, scene, instant):
        path = self.folder / "event" / "imagery" / scene / f"{scene}.json"
        item = json.loads(path.read_text(encoding="utf-8"))
        item["properties"]["datetime"] = instant
        path.write_text(json.dumps(item), encoding="utf-8")


class Killed:
    """Runs of a day as processes: one killed at a random moment, one carried to its end."""

    def __init__(self, folder, grades, settings, server, environment):
        self.out, self.chance = folder / "killed", random.Random(SEED)
        told = folder / "grades.json"
        told.write_text(json.dumps({name: int(grade) for name, grade in grades.items()}))
        self.command = [sys.executable, "-c", KILLED, str(told), "run"]
        self.rest = ["--settings", str(settings), "--out", str(self.out)]
        self.environment = environment | {"PREFECT_API_URL": server}
        self.cut_off = []

    def _begin(self, event_file, at):
        arguments = [str(event_file), "--as-of", f"{at:%Y-%m-%dT%H:%M:%SZ}", *self.rest]
        return subprocess.Popen(
            [*self.command, *arguments], env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, event_file, at):
        """Kill the day's run at a milestone, then run it to its end; gives the exit status."""
        milestone = self.chance.choice(MILESTONES)
        seen = f"{at:%Y%m%dT%H%M%SZ}-*/{milestone}"
        with self._begin(event_file, at) as process:
            deadline = time.monotonic() + WAIT_S
            while process.poll() is None and not list((self.out / EVENT).glob(seen)):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            process.kill()
        if process.returncode == -9:
            self.cut_off.append(milestone)
        with self._begin(event_file, at) as process:
            _, errors = process.communicate(timeout=WAIT_S)
        assert process.returncode in {0, 3}, errors
        return process.returncode


def _read(folder):
    findings = gpd.read_parquet(folder / "findings.parquet").set_index("building_id", drop=False)
    listed = pd.read_csv(folder / "daily_list.csv", dtype="str")
    key = ["policy_no", "loc_no"]
    by_key = listed.set_index(key)["change_flag"]
    places = pd.MultiIndex.from_frame(findings[["policy_number", "location_number"]])
    return SimpleNamespace(
        findings=findings.assign(change=by_key.reindex(places).to_numpy()),
        record=json.loads((folder / "run.json").read_text(encoding="utf-8")), folder=folder,
    )  # fmt: skip


def _drafts(out):
    folder = out / EVENT / "drafts"
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


def _dump(out):
    with closing(sqlite3.connect(out / "ledger.sqlite")) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {n: sorted(map(repr, database.execute(f"SELECT * FROM {n}"))) for (n,) in names}


@pytest.fixture
def settings(tmp_path):
    """Small batches, so that a run can be killed between two."""
    path = tmp_path / "settings.yaml"
    path.write_text("run: {buildings_per_batch: 4}\n", encoding="utf-8")
    return path


@pytest.fixture
def killed(town_grades, prefect_server, settings, tmp_path):
    """Runs of a day that are killed once each."""
    return Killed(tmp_path, town_grades, settings, prefect_server, dict(os.environ))


@pytest.fixture
def life(assess, event_copy, killed, town_grades, web):
    """The days, run whole and run killed: findings with their change, the record, what was told."""

    folder = event_copy.parents[1]
    world, out, settings = World(folder, web), folder / "out", folder / "settings.yaml"
    days, codes = [], []

    def run(at):
        world.pull(at - timedelta(hours=1))
        try:
            folder = assess(world.event_file, out, at, settings, says=town_grades).folder
            codes.append(0)
        except IncompleteRunError as error:
            folder = error.result.folder
            codes.append(3)
        assert killed.run(world.event_file, at) == codes[-1]
        days.append(_read(folder))

    told = [world.advise(datetime(2018, 10, 9, 9, tzinfo=UTC), 1)]
    told.append(world.advise(datetime(2018, 10, 10, 18, tzinfo=UTC), 4))  # landfall
    told.append(world.advise(datetime(2018, 10, 11, 0, tzinfo=UTC), 5))
    run(DAYS[0])
    world.fly(WEST, 12)
    run(DAYS[1])
    first = days[0].findings
    west = days[1].findings.query("status == 'graded'").index
    ruins = [name for name in first.index if town_grades[name] == DamageGrade.DESTROYED]
    filed = next(name for name in ruins if name not in west)
    numbers = first.loc[filed, ["account_number", "policy_number", "location_number"]].tolist()
    world.fly(EAST, 13, is_clouded=True)
    header = ["claim_number", "account_number", "policy_number", "location_number", "loss_date",
              "notice_received_at_utc"]  # fmt: skip
    world.tell("claims", header, [["CLM-1", *numbers, "2018-10-10", "2018-10-13T08:00:00Z"]])
    run(DAYS[2])
    drafted = days[1].findings.query("decision == 'open_draft'").index
    world.fly(EAST, 14)
    review = [[drafted[0], "no-damage", "r7", "2018-10-14T09:00:00Z"]]
    world.tell("reviews", ["building_id", "grade", "reviewer", "reviewed_at_utc"], review)
    run(DAYS[3])
    return SimpleNamespace(
        days=days, codes=codes, told=told, out=out, killed=killed, west=west, filed=filed,
        reviewed=drafted[0],
    )  # fmt: skip


def test_a_storms_life_whole_and_killed_every_day(life, town_grades):
    _declared_once_and_a_list_each_day(life)
    _each_wave_costs_its_own_homes(life)
    _changes_are_right_to_the_row(life, town_grades)
    _nothing_is_opened_twice(life)
    _killed_it_is_as_if_nothing_had_happened(life)


def _declared_once_and_a_list_each_day(life):
    assert life.told == [[], [(EVENT, "declared")], [(EVENT, "changed")]]
    assert life.codes == [3, 0, 0, 0], "before any picture the list is held back"
    assert [day.record["published"] for day in life.days] == [False, True, True, True]
    assert [day.record["list_version"] for day in life.days] == [1, 2, 3, 4]
    assert {len(day.findings) for day in life.days} == {24}
    seen = [set(day.findings["status"]) for day in life.days]
    assert seen[0] == {"no_imagery"}
    assert seen[1] == {"no_imagery", "graded"}
    assert seen[2] == {"obscured", "graded"}
    assert seen[3] == {"graded"}


def _each_wave_costs_its_own_homes(life):
    for day, wave in zip(life.days[1:], (WEST, EAST, EAST), strict=True):
        pairs = pd.read_parquet(day.folder / "work" / "pairs.parquet")
        shown = pairs.loc[pairs["pair_status"] == "paired", "post_scene_id"]
        fresh = int(shown.isin(wave).sum())
        look = day.record["looks"][0]
        assert fresh > 0
        assert (look["homes_to_grade"], look["homes_known"]) == (fresh, len(shown) - fresh)


def _changes_are_right_to_the_row(life, grades):
    truth = pd.Series(grades)
    first, second, third, last = (day.findings for day in life.days)
    assert (first["change"] == "new").all()
    for before, now in ((first, second), (third, last)):
        newly = now.index[(now["status"] == "graded") & (before["status"] != "graded")]
        ruined = newly[(truth[newly] >= DamageGrade.MAJOR) & (newly != life.filed)]
        assert len(ruined)
        assert (now.loc[ruined, "change"] == "upgraded").all()
        sound = newly[truth[newly] == DamageGrade.NO_DAMAGE]
        assert not now.loc[sound, "change"].isin(["new", "upgraded"]).any()
    for before, now in ((second, third), (third, last)):
        same = now.index[(now["status"] == "graded") & (before["status"] == "graded")]
        same = same.difference([life.reviewed, life.filed])
        assert (now.loc[same, "change"] == "unchanged").all()
        assert (now.loc[same, "tier"] == before.loc[same, "tier"]).all()
    assert last.loc[life.reviewed, "change"] == "cleared"
    assert third.loc[life.filed, "decision"] == last.loc[life.filed, "decision"] == "none"


def _nothing_is_opened_twice(life):
    ledger = Ledger.open_existing(f"sqlite:///{life.out / 'ledger.sqlite'}")
    assert ledger.verify().ok
    current = ledger.current(EVENT)
    assert not current.duplicated(["policy_number", "location_number"]).any()
    names = [name for name in _drafts(life.out) if name != "manifest.json"]
    firsts = [name for name in names if name.count(".") == 1]
    assert len({json.loads(_drafts(life.out)[name])["incidentId"] for name in firsts}) == len(
        firsts
    )
    drafted = {
        incident
        for day in life.days[1:]
        for incident in day.findings.query("decision == 'open_draft'")["incident_id"]
    }
    assert {name.removesuffix(".json") for name in firsts} == drafted
    assert life.days[-1].findings.loc[life.filed, "incident_id"] not in drafted


def _killed_it_is_as_if_nothing_had_happened(life):
    out = life.killed.out
    assert life.killed.cut_off, "no run was cut off"
    assert _dump(out) == _dump(life.out)
    assert _drafts(out) == _drafts(life.out)
    for day in life.days:
        again = gpd.read_parquet(out / EVENT / day.folder.name / "findings.parquet")
        assert_geodataframe_equal(again, gpd.read_parquet(day.folder / "findings.parquet"))
