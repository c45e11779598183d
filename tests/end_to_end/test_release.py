"""A list that fails a gate is made and not published: no draft goes out until somebody says so."""

import json

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from flows.cli import main as cli
from flows.closing import IncompleteRunError

EVENT = "small-town"
SAID = ["--by", "sup-1", "--reason", "a third of the book lies on an island, as known"]


@pytest.fixture
def held(assess, event_copy, town_grades, tmp_path):
    """A run whose list a gate holds back; call it to run again, strict or not."""

    def run(asked):
        content = yaml.safe_load(event_copy.read_text(encoding="utf-8"))
        content["min_in_path_frac"] = asked
        event_copy.write_text(yaml.safe_dump(content), encoding="utf-8")
        return assess(event_copy, tmp_path / "out", says=town_grades)

    policies = event_copy.parent / "policies"
    for name in ("location.csv", "account.csv"):
        table = pd.read_csv(policies / name, dtype="str", keep_default_na=False)
        far = table.assign(AccNumber=table["AccNumber"] + "-far")
        if "PolNumber" in far:
            far["PolNumber"] += "-far"
        else:
            far["Latitude"] = "45.0"
        pd.concat([table, far]).to_csv(policies / name, index=False)
    with pytest.raises(IncompleteRunError, match="not published") as caught:
        run(0.9)
    return run, caught.value.result.folder, tmp_path / "out"


def invoke(*arguments):
    return CliRunner().invoke(cli.app, [str(each) for each in arguments])


def drafts(out):
    return sorted(path.name for path in (out / EVENT / "drafts").glob("*.json"))


def test_what_is_held_back_goes_out_once_with_its_release(held):
    run, folder, out = held
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (record["published"], record["state"]) == (False, "incomplete")
    assert {gate["code"] for gate in record["gates"] if gate["outcome"] == "failed"} == {
        "few_in_path"
    }
    assert (out / EVENT / "latest").resolve() == folder
    assert drafts(out) == []
    assert any("held back with the list" in note for note in record["notes"])

    assert invoke("claims", "deliver", "--out", out).exit_code == 0
    assert drafts(out) == [], "no delivery takes them out"
    told = invoke("list", "gates", EVENT, "--out", out)
    assert (told.exit_code, "few_in_path" in told.stdout) == (3, True)
    assert "supervisor" in told.stdout
    refused = invoke("list", "release", EVENT, "--out", out, "--role", "adjuster", *SAID)
    assert refused.exit_code != 0
    assert drafts(out) == []

    done = invoke("list", "release", EVENT, "--out", out, "--role", "supervisor", *SAID)
    assert done.exit_code == 0, done.output
    shown = json.loads(invoke("list", "show", EVENT, "--out", out, "--json").stdout)
    wanted = [row for row in shown["head"] if row["decision"] == "open_draft"]
    assert shown["state"] == "released"
    assert wanted
    made = [name for name in drafts(out) if name != "manifest.json"]
    count = record["counts"]["by_decision"]["open_draft"]
    assert len(made) == count
    assert f"{count} drafts" in done.stdout
    pictured = json.loads((out / EVENT / "drafts" / made[0]).read_text(encoding="utf-8"))
    for each in pictured.get("pictures", []):
        assert list((out / EVENT / "drafts").rglob(each["file"].split("/")[-1]))
    assert invoke("list", "gates", EVENT, "--out", out).exit_code == 0
    assert invoke("ledger", "verify", "--out", out).exit_code == 0
    again = invoke("list", "release", EVENT, "--out", out, "--role", "supervisor", *SAID)
    assert again.exit_code != 0

    with pytest.raises(IncompleteRunError) as caught:
        run(0.9)  # the same run again: released it stays, and nothing goes out twice
    assert caught.value.result.folder == folder
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["published"] is True
    assert [name for name in drafts(out) if name != "manifest.json"] == made


def test_a_later_run_that_passes_lets_the_drafts_go(held):
    run, _, out = held
    passed = run(0.0)
    assert json.loads((passed.folder / "run.json").read_text(encoding="utf-8"))["published"] is True
    decisions = pd.read_csv(passed.folder / "daily_list.csv", dtype="str")["decision"]
    assert len(drafts(out)) == (decisions == "open_draft").sum() + 1
