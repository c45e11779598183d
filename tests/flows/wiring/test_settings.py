"""Settings: file, environment over file, and a commented file that reads back equal."""

import os

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SettingsError
from flows.wiring.settings import Settings
from flows.wiring.wording.settings_text import document_fields, write_commented


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in [name for name in os.environ if name.startswith("FIRSTNOTICE_")]:
        monkeypatch.delenv(name)


def test_without_a_file_the_defaults_hold():
    read = Settings.read(None)
    assert read.model_dump() == Settings().model_dump()
    assert read.ledger.store is None
    assert read.run.buildings_per_batch > 0


def test_a_file_says_and_the_environment_overrides(tmp_path, monkeypatch):
    path = tmp_path / "s.yaml"
    path.write_text("run: {buildings_per_batch: 8, min_assessed_frac: 0.9}\n", encoding="utf-8")
    monkeypatch.setenv("FIRSTNOTICE_RUN__MIN_ASSESSED_FRAC", "0.1")
    monkeypatch.setenv("FIRSTNOTICE_LEDGER__STORE", "sqlite:////tmp/ledger.sqlite")
    read = Settings.read(path)
    assert read.run.buildings_per_batch == 8
    assert read.run.min_assessed_frac == 0.1
    assert read.ledger.store == "sqlite:////tmp/ledger.sqlite"
    assert read.detector == Settings().detector


@pytest.mark.parametrize("content", ["use: commercial\n", "use: {purpose: commercial}\n"])
def test_the_purpose_may_stand_alone(tmp_path, content):
    path = tmp_path / "s.yaml"
    path.write_text(content, encoding="utf-8")
    assert Settings.read(path).use.purpose == "commercial"


def test_other_variables_of_ours_are_no_settings(monkeypatch):
    monkeypatch.setenv("FIRSTNOTICE_DATA", "/data")
    assert Settings.read(None).model_dump() == Settings().model_dump()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("runs: {}\n", "runs: there is no such field"),
        ("run: {batch: 1}\n", r"run\.batch: there is no such"),
        ("run: {buildings_per_batch: none}\n", r"run\.buildings_per_batch"),
        ("run: {buildings_per_batch: 0}\n", r"run\.buildings_per_batch"),
        ("fusion: {prior_weight: 2}\n", r"fusion\.prior_weight"),
        ("detector: {flips: 5}\n", r"detector\.flips"),
        ("detector: {is_half: true}\n", r"is_half is now number_format: leave it out for auto"),
        ("detector: {number_format: half}\n", r"detector\.number_format"),
        ("use: comercial\n", r"use\.purpose"),
        ("detector: [\n", "s.yaml"),
        ("just words\n", "s.yaml"),
        ("- a\n- b\n", "s.yaml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, content, problem):
    path = tmp_path / "s.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=problem) as caught:
        Settings.read(path)
    assert str(path) in str(caught.value)


def test_an_empty_file_changes_nothing(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("# nothing yet\n", encoding="utf-8")
    assert Settings.read(path).model_dump() == Settings().model_dump()


def test_a_misspelt_variable_in_a_section_is_named(monkeypatch):
    monkeypatch.setenv("FIRSTNOTICE_RUN__BATCHES", "8")
    with pytest.raises(SettingsError, match=r"run\.batches"):
        Settings.read(None)


def test_a_missing_or_binary_file_is_told(tmp_path):
    with pytest.raises(SettingsError, match="no such file"):
        Settings.read(tmp_path / "none.yaml")
    (tmp_path / "junk.yaml").write_bytes(bytes(range(256)) * 50)
    with pytest.raises(SettingsError, match=r"junk\.yaml"):
        Settings.read(tmp_path / "junk.yaml")


def test_every_setting_is_written_with_its_meaning():
    lines = write_commented(Settings()).splitlines()
    for name, section in Settings():
        assert f"{name}:" in lines
        head = lines.index(f"{name}:")
        for field, meaning in document_fields(type(section)):
            place = next(k for k in range(head, len(lines)) if lines[k].startswith(f"  {field}: "))
            assert lines[place - 1] == f"  # {meaning}"
            assert meaning


_some_settings = st.fixed_dictionaries(
    {
        "ledger": st.fixed_dictionaries(
            {"store": st.none() | st.text(st.characters(codec="utf-8", exclude_categories=["C"]))}
        ),
        "detector": st.fixed_dictionaries(
            {
                "weights": st.none() | st.sampled_from(["a b.npz", "/w/#1: x.npz", "null", "1e3"]),
                "device": st.sampled_from(["cpu", "cuda", "cuda:1"]),
                "batch": st.integers(1, 10**6),
                "flips": st.integers(1, 4),
                "number_format": st.sampled_from(["auto", "float32", "bfloat16"]),
            }
        ),
        "fusion": st.fixed_dictionaries(
            {"prior_weight": st.floats(0, 1), "base_rate": st.floats(0.001, 0.999)}
        ),
        "run": st.fixed_dictionaries(
            {"buildings_per_batch": st.integers(1, 10**9), "min_assessed_frac": st.floats(0, 1)}
        ),
    }
)


@settings(max_examples=40, deadline=None)
@given(content=_some_settings)
def test_the_commented_file_reads_back_equal(tmp_path_factory, content):
    given_settings = Settings(**content)
    path = tmp_path_factory.mktemp("settings") / "s.yaml"
    path.write_text(write_commented(given_settings), encoding="utf-8")
    assert Settings.read(path).model_dump() == given_settings.model_dump()


def test_the_defaults_written_are_plain_yaml():
    content = yaml.safe_load(write_commented(Settings()))
    assert content == Settings().model_dump(mode="json")
