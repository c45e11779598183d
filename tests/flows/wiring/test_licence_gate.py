"""For business nothing runs on what is not cleared, unless a named person answers for it."""

import json
from datetime import UTC, datetime

import pandas as pd
import pytest
import shapely
import yaml

from core.errors import SettingsError
from core.licences import LicenceGate, LicenceOverride, Purpose
from core.provenance import ModelRef
from core.scenes import Scene
from detectors.network.card import SHIPPED, card_path, shipped_weights
from flows.wiring.licence_gate import GatedCatalog, check_weights_licence, describe_licences
from flows.wiring.opening import open_run
from flows.wiring.settings import Settings
from flows.wiring.wording.settings_text import write_commented
from imagery.catalogs.catalog import RejectedScene, SceneSearch

AS_OF = datetime(2018, 10, 14, 12, tzinfo=UTC)
GROUND = shapely.box(0, 0, 1, 1)
BUSINESS = LicenceGate(Purpose.COMMERCIAL)
SHIPPED_WORD = {"subject": SHIPPED, "by": "A. Person", "reason": "xBD's owner agreed in writing"}


def _scene(scene_id, licence, provider="somebody"):
    return Scene(scene_id, "x.tif", AS_OF, GROUND, 0.5, 0.0, 45.0, 0.0, provider, licence)


class _Listed:
    def __init__(self, *scenes):
        self.scenes = scenes

    def search(self, area, until_utc):
        return SceneSearch(self.scenes, (RejectedScene("old", "outside_event"),))


@pytest.fixture
def settings_file(tmp_path):
    """Writes settings for a purpose, with overrides."""

    def writer(*overrides, purpose="commercial"):
        path = tmp_path / "settings.yaml"
        use = {"purpose": purpose, "licence_overrides": list(overrides)}
        path.write_text(yaml.safe_dump({"use": use}), encoding="utf-8")
        return path

    return writer


def _relicense(event_file, licence, which="post"):
    """Give the event's scenes of one side another licence, or none."""
    changed = 0
    for path in sorted(event_file.parent.rglob("*.json")):
        item = json.loads(path.read_text(encoding="utf-8"))
        if item.get("type") == "Feature" and f"-{which}-" in item["id"]:
            item["properties"].pop("license", None)
            if licence is not None:
                item["properties"]["license"] = licence
            path.write_text(json.dumps(item), encoding="utf-8")
            changed += 1
    return changed


def test_by_default_the_shipped_weights_run(town_event, tmp_path):
    assert Settings.read(None).use.purpose is Purpose.RESEARCH
    assert open_run(town_event, tmp_path, AS_OF, None)


def test_business_refuses_the_shipped_weights_before_anything_runs(
    town_event, tmp_path, settings_file
):
    with pytest.raises(SettingsError) as caught:
        open_run(town_event, tmp_path / "out", AS_OF, settings_file())
    told = str(caught.value)
    assert all(part in told for part in (SHIPPED, "CC-BY-NC-SA-4.0", "forbids commercial use"))
    assert "use.licence_overrides" in told
    assert "train-your-own.md" in told
    assert not (tmp_path / "out").exists()


def test_a_named_word_lets_them_through_and_another_name_does_not(
    town_event, tmp_path, settings_file
):
    assert open_run(town_event, tmp_path, AS_OF, settings_file(SHIPPED_WORD))
    for subject in (f"{SHIPPED}0", "michael*", SHIPPED.upper()):
        with pytest.raises(SettingsError, match="forbids commercial use"):
            open_run(
                town_event, tmp_path, AS_OF, settings_file(SHIPPED_WORD | {"subject": subject})
            )


@pytest.mark.parametrize("licence", [None, "", "proprietary", "CC-BY-NC-4.0"])
def test_weights_of_an_unclear_licence_are_refused_too(licence):
    with pytest.raises(SettingsError, match=r"weights w-1 .*licence is (not stated|prop|CC-BY-NC)"):
        check_weights_licence(ModelRef("w-1", "ab", licence), BUSINESS)
    check_weights_licence(ModelRef("w-1", "ab", licence), LicenceGate(Purpose.RESEARCH))
    check_weights_licence(ModelRef("w-1", "ab", "Apache-2.0"), BUSINESS)


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ({"subject": "*", "by": "A", "reason": "r"}, r"licence_overrides\.0\.subject"),
        ({"subject": "s", "by": " ", "reason": "r"}, r"licence_overrides\.0\.by"),
        ({"subject": "s", "by": "A"}, r"licence_overrides\.0\.reason"),
        ({"subject": "s", "by": "A", "reason": "r", "why": 1}, r"licence_overrides\.0\.why"),
    ],
)
def test_an_override_says_what_who_and_why(settings_file, override, problem):
    with pytest.raises(SettingsError, match=problem):
        Settings.read(settings_file(override))


def test_a_purpose_that_nobody_knows_is_refused(settings_file):
    with pytest.raises(SettingsError, match=r"use\.purpose"):
        Settings.read(settings_file(purpose="fun"))


def test_settings_with_overrides_read_back_as_they_were_written(tmp_path, settings_file):
    first = Settings.read(settings_file(SHIPPED_WORD))
    path = tmp_path / "again.yaml"
    path.write_text(write_commented(first), encoding="utf-8")
    assert Settings.read(path).model_dump() == first.model_dump()


def test_scenes_are_set_aside_one_by_one_with_their_licence():
    listed = _Listed(
        _scene("free", "CC-BY-4.0"), _scene("maxar", "CC-BY-NC-4.0"), _scene("silent", "unknown"),
        _scene("bought-1", "proprietary", "Sat Co"), _scene("named-7", "proprietary"),
    )  # fmt: skip
    words = (LicenceOverride("Sat*", "A", "contract"), LicenceOverride("named-?", "B", "gift"))
    found = GatedCatalog(listed, LicenceGate(Purpose.COMMERCIAL, words)).search(GROUND, AS_OF)
    assert [scene.scene_id for scene in found.scenes] == ["free", "bought-1", "named-7"]
    assert {(each.scene_id, each.reason) for each in found.rejected} == {
        ("old", "outside_event"),
        ("maxar", "licence_refused: CC-BY-NC-4.0 is non_commercial"),
        ("silent", "licence_refused: unknown is unknown"),
    }
    everything = GatedCatalog(listed, LicenceGate(Purpose.RESEARCH)).search(GROUND, AS_OF)
    assert everything.scenes == listed.scenes


def test_an_event_without_any_cleared_scene_is_refused_by_name(event_copy, tmp_path, settings_file):
    assert (
        _relicense(event_copy, None, "pre") == _relicense(event_copy, "CC-BY-NC-4.0", "post") == 4
    )
    with pytest.raises(SettingsError) as caught:
        open_run(event_copy, tmp_path / "out", AS_OF, settings_file(SHIPPED_WORD))
    told = str(caught.value)
    assert all(part in told for part in ("small-town", "none of 8", "small-town-post-r0c0"))
    assert open_run(event_copy, tmp_path / "out", AS_OF, None)


def test_a_run_goes_on_without_the_refused_scenes_and_its_record_says_so(
    assess, event_copy, town_grades, tmp_path, settings_file
):
    path = next(event_copy.parent.rglob("small-town-post-r0c0*.json"))
    item = json.loads(path.read_text(encoding="utf-8"))
    item["properties"]["license"] = "CC-BY-NC-4.0"
    path.write_text(json.dumps(item), encoding="utf-8")
    settings = settings_file(SHIPPED_WORD)
    content = yaml.safe_load(settings.read_text(encoding="utf-8")) | {
        "run": {"min_assessed_frac": 0}
    }
    settings.write_text(yaml.safe_dump(content), encoding="utf-8")
    result = assess(event_copy, tmp_path / "out", settings=settings, says=town_grades)
    record = json.loads((result.folder / "run.json").read_text(encoding="utf-8"))
    refused = [each for each in record["rejected_scenes"] if "licence_refused" in each["reason"]]
    assert [each["scene_id"] for each in refused] == ["small-town-post-r0c0"]
    assert result.locations == 24
    assert result.by_status["no_imagery"] > 0
    assert result.by_status["graded"] > 0
    licences = record["licences"]
    assert licences["purpose"] == "commercial"
    assert licences["weights"]["use"] == "non_commercial"
    assert licences["scenes"] == [{"licence": "CC0-1.0", "use": "cleared", "scenes": 7}]
    covers = {"weights": SHIPPED, "scenes": 0}
    assert licences["overrides_used"] == [SHIPPED_WORD | {"covers": covers}]


def test_only_overrides_that_were_needed_are_recorded():
    words = tuple(LicenceOverride(name, "A", "r") for name in ("w-1", "free*", "dear*"))
    scenes = pd.DataFrame(
        {"scene_id": ["free-1", "dear-1", "dear-2"], "provider": "p",
         "licence": ["MIT", "proprietary", "proprietary"]}
    )  # fmt: skip
    model = ModelRef("w-1", "ab", "CC0-1.0")
    told = describe_licences(model, scenes, LicenceGate(Purpose.COMMERCIAL, words))
    assert told["overrides_used"] == [
        {"subject": "dear*", "by": "A", "reason": "r", "covers": {"weights": None, "scenes": 2}}
    ]
    assert (
        describe_licences(model, scenes, LicenceGate(Purpose.RESEARCH, words))["overrides_used"]
        == []
    )
    assert describe_licences(model, scenes[:0], BUSINESS)["scenes"] == []


def test_the_shipped_card_bears_the_licence_of_its_data():
    assert "CC-BY-NC-SA-4.0" in card_path(shipped_weights()).read_text(encoding="utf-8")
