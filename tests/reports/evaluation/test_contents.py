"""The report says what was measured, plainly, and its pictures can be opened."""

import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.chips import ChipBatch
from core.errors import InputError
from core.estimates import Estimate, JudgedGroup, SplitKind
from core.schemas.truth import SCORES
from core.tables import check_table
from reports.evaluation.contents import (
    KIND_NOTES,
    KIND_WORDS,
    Abstention,
    Evaluation,
    choose_worst_misses,
)
from reports.evaluation.files import (
    brief_rows,
    evaluation_as_json,
    evaluation_as_markdown,
    write_evaluation_json,
    write_evaluation_md,
)
from reports.evaluation.misses import write_worst_misses
from reports.evaluation.plots import (
    BINS,
    compute_bins,
    write_budget,
    write_confusion,
    write_precision_recall,
    write_reliability,
)

GRADES = ("no_damage", "minor", "major", "destroyed")
NAMES = (
    *(f"{figure}_{name}" for name in ("damaged", "severe")
      for figure in ("auc", "average_precision", "brier", "calibration_error")),
    "macro_f1", "harmonic_f1", "precision_damaged_at_50", "precision_severe_at_50",
    "recall_severe_at_budget", "recall_severe_at_choice", "false_alarms_at_choice",
    "recall_destroyed_at_precision",
    *(f"{part}_{grade}" for part in ("precision", "recall", "f1") for grade in GRADES),
)  # fmt: skip


def group_of(event: str, kind: str = "area_fold", scenes: int = 30, **figures) -> JudgedGroup:
    known = {name: Estimate(name, 0.8, 0.7, 0.9, 0.8, 0.8, None) for name in NAMES}
    return JudgedGroup(kind, event, (60, 20, 15, 5), scenes, 12, 1, known | figures)


def evaluation_of(*groups: JudgedGroup) -> Evaluation:
    abstentions = (Abstention("storm", 200, 150), Abstention("quiet", 0, 0))
    return Evaluation("m-1", groups, abstentions, 0.02, 0.95, (50,), 1000, {"mode": "x"})


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    """Two kinds, three events (one without any damage), two seeds of one kind."""
    parts = []
    for kind, event, seed, homes in (
        ("area_fold", "storm", 7, 80), ("area_fold", "storm", 8, 80), ("area_fold", "calm", 7, 30),
        ("area_fold", "calm", 8, 30), ("leave_event_out", "fire", 7, 40),
    ):  # fmt: skip
        generator = np.random.default_rng(seed)
        grades = np.arange(homes) % 4 if event != "calm" else np.zeros(homes, int)
        chances = generator.dirichlet(np.ones(4), homes) / 2
        chances[np.arange(homes), grades] += 0.5
        parts.append(
            pd.DataFrame(
                {
                    "event_id": event, "building_id": [f"{event}-{n}" for n in range(homes)],
                    "scene_id": [f"s{n % 6}" for n in range(homes)], "area": "a", "fold": 1,
                    "split": kind, "kind": kind, "seed": seed, "grade": grades,
                }
                | dict(zip(["p_no_damage", "p_minor", "p_major", "p_destroyed"], chances.T,
                           strict=True))
            )
        )  # fmt: skip
    return check_table(pd.concat(parts), SCORES)


def test_every_kind_of_split_is_explained():
    assert set(KIND_WORDS) == set(KIND_NOTES) == set(SplitKind)


def test_the_text_says_what_was_estimated_and_how_choices_were_kept_apart():
    text = evaluation_as_markdown(
        evaluation_of(
            group_of("all"), group_of("storm"), group_of("storm", "leave_event_out"),
        )
    )  # fmt: skip
    assert "# Evaluation of m-1" in text
    assert "estimate on homes that the judging model was not trained on" in text
    assert "that its calibration was not fitted to**: choices were made on a part" in text
    assert 'read the best cut of the list off these very homes, "severe found, at 2 %' in text
    assert "calibration and threshold were fitted to one further fold that neither" in text
    assert "## An event that the training never saw" in text
    assert "1,000 draws of whole scenes" in text
    assert "| AUC damaged | 0.800 [0.700, 0.900] | 0.800 [0.700, 0.900] |" in text
    assert "| storm | 100 | 60 | 20 | 15 | 5 | 30 | 12 | 1 |" in text
    assert "of the first 50 homes 40 are damaged" in text
    assert "in no order 20 would be damaged, 2.0 times as many" in text
    assert "| storm | 200 | 50 | 25 % |" in text
    assert "| quiet | 0 | 0 | - |" in text
    assert "nan" not in text.lower().replace("finance", "")


def test_what_is_absent_has_its_reason_below_and_few_scenes_a_mark():
    gone = Estimate("auc_severe", None, None, None, None, None, "no home is severe")
    wide = Estimate("brier_damaged", 0.2, None, None, 0.1, 0.3, "no interval: one scene only")
    text = evaluation_as_markdown(
        evaluation_of(group_of("calm", scenes=1, auc_severe=gone, brier_damaged=wide))
    )
    assert "| AUC severe | - |" in text
    assert "* calm †: no home is severe (AUC severe)" in text
    assert "| Brier score damaged | 0.200; 0.100 to 0.300 |" in text
    assert "* calm †: no interval: one scene only (Brier score damaged)" in text


def test_names_from_outside_stay_text():
    text = evaluation_as_markdown(evaluation_of(group_of("a|b<script>_c_")))
    assert "a\\|b\\<script\\>\\_c\\_" in text
    assert "<script>" not in text


def test_json_holds_the_same_figures_and_reads_back(tmp_path):
    evaluation = evaluation_of(group_of("all"), group_of("storm"))
    write_evaluation_json(evaluation, tmp_path / "e.json")
    write_evaluation_md(evaluation, tmp_path / "e.md")
    read = json.loads((tmp_path / "e.json").read_text("utf-8"))
    assert read["format"] == 1
    assert read["groups"][1]["figures"]["macro_f1"] == asdict(group_of("x").figures["macro_f1"])
    assert read["abstentions"][0]["abstained_frac"] == pytest.approx(0.25)
    assert read["abstentions"][1]["abstained_frac"] is None
    assert (tmp_path / "e.md").read_text("utf-8") == evaluation_as_markdown(evaluation)
    bad = replace(group_of("x"), figures={"a": Estimate("a", float("nan"), *[None] * 5)})
    with pytest.raises(ValueError, match="not JSON compliant"):
        evaluation_as_json(evaluation_of(bad))


def test_nothing_scored_is_no_report():
    with pytest.raises(InputError, match=r"evaluation of m-1: there are no scores\. Name folds"):
        evaluation_of()


def test_the_terminal_gets_a_row_an_event():
    head, *rows = brief_rows(evaluation_of(group_of("all"), group_of("storm")))
    assert head[-1] == "severe found at 2 % wrong"
    assert [len(row) for row in rows] == [len(head)] * 2


@pytest.mark.parametrize(
    ("write", "rows", "columns"),
    [
        (write_precision_recall, 2, 2),
        (write_reliability, 2, 2),
        (write_confusion, 2, 3),
        (lambda scores, path: write_budget(scores, path, 0.02), 1, 2),
    ],
    ids=["precision_recall", "reliability", "confusion", "budget"],
)
def test_plots_are_pictures_of_their_panels_and_repeat(write, rows, columns, scores, tmp_path):
    for name in ("one.png", "two.png"):
        write(scores, tmp_path / name)
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.size[0] / picture.size[1] == pytest.approx(
            4.6 * columns / (3.9 * rows), rel=0.02
        )
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 50
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_one_home_can_be_drawn(scores, tmp_path):
    for write in (write_precision_recall, write_reliability, write_confusion):
        write(scores.head(1), tmp_path / "x.png")
    write_budget(scores.head(1), tmp_path / "x.png", 0.02)


def test_bins_hold_all_homes_and_their_means():
    chances = np.array([0.0, 0.04, 0.55, 0.55, 1.0])
    told, was, counts = compute_bins(chances, np.array([False, True, True, False, True]))
    assert counts.tolist() == [2, 2, 1]
    assert told == pytest.approx([0.02, 0.55, 1.0])
    assert was == pytest.approx([0.5, 0.5, 1.0])
    assert counts.sum() == len(chances)
    assert BINS == 10


def test_worst_misses_are_the_surest_and_stand_once(scores):
    table = scores.copy()
    surest = (table["building_id"] == "storm-3") & (table["kind"] == "area_fold")
    table.loc[surest, ["p_no_damage", "p_minor", "p_major", "p_destroyed"]] = [
        0.97,
        0.01,
        0.01,
        0.01,
    ]
    chosen = choose_worst_misses(table, 5)
    assert len(chosen) == 10
    first = chosen.iloc[0]
    assert (first["building_id"], first["miss"], first["grade"]) == ("storm-3", "missed", 3)
    assert first["sureness"] == pytest.approx(0.97)
    assert not chosen.duplicated(["event_id", "building_id"]).any()
    assert (chosen[chosen["miss"] == "missed"]["grade"] >= 2).all()
    assert (chosen[chosen["miss"] == "accused"]["grade"] == 0).all()
    for _, part in chosen.groupby("miss"):
        assert part["sureness"].is_monotonic_decreasing


def _chips(count: int) -> ChipBatch:
    images = np.random.default_rng(1).integers(0, 256, (count, 2, 3, 32, 32), dtype=np.uint8)
    footprint = np.zeros((count, 32, 32), bool)
    footprint[:, 8:20, 8:24] = True
    return ChipBatch(
        tuple(f"b{n}" for n in range(count)), images, np.ones((count, 2, 32, 32), bool), footprint,
        np.full(count, 0.3, np.float32),
    )  # fmt: skip


def test_the_contact_sheet_holds_a_pair_a_miss(scores, tmp_path):
    misses = choose_worst_misses(scores, 3)
    write_worst_misses(misses, _chips(len(misses)), tmp_path / "six.png")
    write_worst_misses(misses.head(0), _chips(1), tmp_path / "none.png")
    with Image.open(tmp_path / "six.png") as six, Image.open(tmp_path / "none.png") as none:
        assert six.height == pytest.approx(2 * none.height, rel=0.02)
        assert len(six.convert("RGB").getcolors(1 << 24)) > 1000
