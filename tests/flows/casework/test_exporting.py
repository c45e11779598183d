"""Names and contacts leave by the log alone, as far as a role may see them, and not for ever."""

import json
import stat
from dataclasses import asdict

import pandas as pd
import pytest

from claims.incidents.moving import Decider
from claims.incidents.roles import Role, UserOptions
from claims.ledger.store import Ledger
from core.errors import InputError, RoleError, SettingsError
from flows.casework.exporting import expire, export_list, find_anchors
from flows.wiring.sections.access import CONTACT_COLUMNS, AccessOptions
from flows.wiring.settings import Settings
from flows.wiring.storage.exports import EXPORTS_FILE, Export, find_cut, log_exports, read_exports
from reports.lists.columns import COLUMN_NAMES

ADJUSTER = Decider("adj-7", "adjuster", "calls of the day")
REVIEWER = Decider("rev-1", "reviewer", "second look at the pictures")


@pytest.fixture
def out(tmp_path):
    """Two runs of an event, the newer one the latest."""
    out = tmp_path / "out"
    for day in ("20181014T120000Z-a", "20181015T120000Z-b"):
        folder = out / "storm-2018" / day
        (folder / "work").mkdir(parents=True)
        row = dict.fromkeys(COLUMN_NAMES, "x") | {"insured_name": "Ada Example", "tier": "T4"}
        pd.DataFrame([row]).to_csv(folder / "daily_list.csv", index=False)
        for name in ("daily_list.xlsx", "work/contacts.parquet", "run.json"):
            (folder / name).write_text("{}", encoding="utf-8")
    (out / "storm-2018" / "latest").symlink_to("20181015T120000Z-b")
    return out


def test_a_role_sees_what_the_settings_let_it_and_the_log_says_who_and_why(out, tmp_path):
    seen = {}
    for who in (ADJUSTER, REVIEWER):
        to = tmp_path / f"{who.role}.csv"
        assert export_list(out, "storm-2018", to, who, Settings()) == 1
        seen[who.role] = pd.read_csv(to, keep_default_na=False).iloc[0]
        assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert seen["adjuster"]["insured_name"] == "Ada Example"
    assert (seen["reviewer"][list(CONTACT_COLUMNS)] == "").all()
    assert seen["reviewer"]["tier"] == "T4"
    told = list(read_exports(out))
    assert [(each["actor"], each["purpose"], each["rows"]) for each in told] == [
        ("adj-7", "calls of the day", 1), ("rev-1", "second look at the pictures", 1),
    ]  # fmt: skip
    assert told[1]["masked"] == list(CONTACT_COLUMNS)
    assert all(each["follows"] for each in told)
    assert stat.S_IMODE((out / EXPORTS_FILE).stat().st_mode) == 0o600


def test_a_line_that_was_edited_or_taken_out_shows(out, tmp_path):
    for _ in range(3):
        export_list(out, "storm-2018", tmp_path / "list.csv", ADJUSTER, Settings())
    log = out / EXPORTS_FILE
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    log.write_text(lines[0] + lines[2], encoding="utf-8")
    assert [each["follows"] for each in read_exports(out)] == [True, False]
    edited = json.dumps(json.loads(lines[0]) | {"actor": "nobody"}) + "\n"
    log.write_text(edited + lines[1], encoding="utf-8")
    assert [each["follows"] for each in read_exports(out)] == [True, False]


def test_a_log_whose_end_was_cut_off_shows_and_goes_on_showing(out, tmp_path):
    Ledger.open(f"sqlite:///{out / 'ledger.sqlite'}")
    for _ in range(3):
        export_list(out, "storm-2018", tmp_path / "list.csv", ADJUSTER, Settings())
    anchors = find_anchors(Settings(), out)
    assert find_cut(out, anchors) is None
    log = out / EXPORTS_FILE
    whole = log.read_text(encoding="utf-8")
    log.write_text("".join(whole.splitlines(keepends=True)[:2]), encoding="utf-8")
    assert "it had 3 lines once" in find_cut(out, anchors)
    for _ in range(2):
        export_list(out, "storm-2018", tmp_path / "list.csv", REVIEWER, Settings())
        assert all(each["follows"] for each in read_exports(out)), "the chain alone does not tell"
        assert "it had 3 lines once" in find_cut(out, anchors)
    log.unlink()
    assert find_cut(out, anchors)
    log.write_text(whole, encoding="utf-8")
    assert find_cut(out, anchors) is None


def test_what_a_run_noted_of_the_log_holds_without_a_ledger_too(out):
    head = asdict(log_exports(out, [Export("cron", "adjuster", "work", "list", "f", 1)] * 2))
    record = out / "storm-2018" / "20181014T120000Z-a" / "run.json"
    record.write_text(json.dumps({"exports_head": head}), encoding="utf-8")
    assert find_cut(out, None) is None
    (out / EXPORTS_FILE).write_text("", encoding="utf-8")
    assert "it had 2 lines once" in find_cut(out, None)


def test_nobody_exports_in_a_role_that_is_not_theirs(out, tmp_path):
    listed = Settings(users=UserOptions({"adj-7": (Role.REVIEWER,)}))
    with pytest.raises(RoleError):
        export_list(out, "storm-2018", tmp_path / "list.csv", ADJUSTER, listed)
    assert not (tmp_path / "list.csv").exists()
    with pytest.raises(InputError, match="Run the event first"):
        export_list(out, "storm-2019", tmp_path / "list.csv", ADJUSTER, Settings())


def test_names_past_their_retention_go_and_the_newest_runs_stay(out):
    with pytest.raises(SettingsError, match="retention_days is not set"):
        expire(out, ADJUSTER, Settings())
    removed = expire(out, ADJUSTER, Settings(access=AccessOptions(retention_days=1)))
    old = "storm-2018/20181014T120000Z-a"
    assert removed == [
        f"{old}/daily_list.csv", f"{old}/daily_list.xlsx", f"{old}/work/contacts.parquet",
    ]  # fmt: skip
    assert (out / "storm-2018" / "latest" / "daily_list.csv").exists()
    assert (out / old / "run.json").exists()
    assert [each["what"] for each in read_exports(out)] == ["removed past its retention"] * 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"masked": {Role.REVIEWER: ("insured_nme",)}},
        {"masked": {Role.SYSTEM: ()}},
        {"list_role": Role.CLAIMS_SYSTEM},
        {"retention_days": 0},
    ],
)
def test_options_that_would_mask_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=r"access"):
        AccessOptions(**wrong)
