"""The stress report tells each figure beside the unstressed one, on held-out scenes only."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from core.errors import SettingsError
from detectors.network.card import card_path, read_card, shipped_weights
from flows.evaluation import measure_robustness as room
from flows.evaluation.measure_robustness import FIGURES_FILE, PLOT, REPORT, measure_robustness


@pytest.fixture
def config(town_event, tmp_path):
    path = tmp_path / "train.yaml"
    values = {
        "name": "x",
        "licence": "CC0-1.0",
        "training_data": ["y"],
        "events": [str(town_event)],
    }
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def test_an_event_that_nothing_was_held_out_of_is_refused(config, tmp_path):
    with pytest.raises(SettingsError, match="none has one of the"):
        measure_robustness(config, "shipped", tmp_path / "out")


def test_held_out_homes_are_stressed_and_written_down(config, tmp_path, monkeypatch):
    card = read_card(card_path(shipped_weights()))
    held = ("small-town-post-r0c0", "small-town-post-r1c1")
    monkeypatch.setattr(room, "read_card", lambda _: replace(card, held_out_scenes=held))
    monkeypatch.setattr(room, "STRESSES", room.STRESSES[-2:])
    out = tmp_path / "out"
    figures = measure_robustness(config, "shipped", out, most_homes=6)
    assert figures["stress"].tolist() == ["mirrored", "unchanged"]
    assert (figures["buildings"] <= 6).all()
    record = json.loads((out / FIGURES_FILE).read_text(encoding="utf-8"))
    assert record["sha256"] == card.sha256
    assert [row["auc_damaged"] for row in record["stresses"]] == [None, None]
    assert (out / PLOT).read_bytes().startswith(b"\x89PNG")
    report = (out / REPORT).read_text(encoding="utf-8")
    row = figures.set_index("stress").loc["unchanged"]
    assert f"{row['mean_p_damaged']:.3f} ({row['mean_p_damaged_unstressed']:.3f})" in report
    assert "| unchanged |" in report
    again = measure_robustness(config, "shipped", out, most_homes=6)
    pd.testing.assert_frame_equal(again, figures)
    assert np.isfinite(figures["mean_p_damaged"]).all()
