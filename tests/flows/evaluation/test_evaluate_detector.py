"""An evaluation goes on where it was killed, repeats itself, and tells what is wrong in a line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from core.chips import ChipBatch
from core.errors import InputError, SettingsError, WeightsError
from core.estimates import SplitKind
from core.schemas.truth import SCORES
from core.tables import check_table
from detectors.measuring.split_scores import GIVEN_SEED, tabulate_scores
from detectors.network.card import card_path, honest_twin, read_card, shipped_weights
from detectors.network.model import SiameseDamageNet
from detectors.network.options import ModelOptions
from detectors.training.dataset import LabelledChips, digest_of_chips, fold_of_area
from detectors.training.train import train
from flows.cli import main as cli
from flows.evaluation.config import read_evaluate_config
from flows.evaluation.evaluate_detector import evaluate_detector
from flows.training.train_detector import scores_path
from flows.wiring.event_file import read_event_file

EVENTS = ("alpha", "bravo", "charlie")
HOMES = 24
PX = 128
PLOTS = {"precision_recall.png", "reliability.png", "confusion.png", "budget.png"}


def chips_of(event_id: str, scenes: tuple[str, ...] | None = None) -> LabelledChips:
    """Chips of 24 homes in six areas, two scenes each; the worse, the darker after."""
    rows = np.arange(HOMES)
    generator = np.random.default_rng(EVENTS.index(event_id))
    grades = rows % 4
    images = generator.integers(60, 256, (HOMES, 2, 3, PX, PX), dtype=np.uint8)
    images[:, 1] //= (1 + grades[:, None, None, None]).astype(np.uint8)
    footprint = np.zeros((HOMES, PX, PX), bool)
    footprint[:, 32:96, 32:96] = True
    chips = ChipBatch(
        tuple(f"{event_id}-{row}" for row in rows), images, np.ones((HOMES, 2, PX, PX), bool),
        footprint, np.full(HOMES, 0.4, np.float32),
    )  # fmt: skip
    areas = np.array([f"{event_id}:{row // 4}:0" for row in rows])
    names = scenes or tuple(f"{event_id}-scene-{n}" for n in range(12))
    scene_ids = np.array([names[row // 2 % len(names)] for row in rows])
    return LabelledChips(chips, grades, np.repeat(event_id, HOMES), areas, scene_ids)


@pytest.fixture(scope="module")
def event_files(town_event, tmp_path_factory):
    """Three event folders with truth, alike but for their id."""
    folder = tmp_path_factory.mktemp("events")
    files = []
    for event_id in EVENTS:
        shutil.copytree(town_event.parent, folder / event_id)
        path = folder / event_id / "event.yaml"
        path.write_text(path.read_text("utf-8").replace("small-town", event_id), encoding="utf-8")
        assert read_event_file(path).event_id == event_id
        files.append(path)
    return files


@pytest.fixture
def write_configs(event_files, tmp_path, monkeypatch):
    """Writes the two configs; chips come from ``chips_of`` instead of images."""
    monkeypatch.setattr(
        "flows.evaluation.scoring.chips_of_source",
        lambda source, _folder: chips_of(source.event.event_id),
    )

    def write(**changed):
        training = {
            "name": "tiny", "licence": "Apache-2.0", "training_data": ["noise"],
            "events": [str(path) for path in event_files], "epochs": 1, "batch": 24,
        }  # fmt: skip
        (tmp_path / "train.yaml").write_text(yaml.safe_dump(training), encoding="utf-8")
        config = {
            "train": str(tmp_path / "train.yaml"), "seeds": [1, 2],
            "area_folds": [int(fold_of_area("alpha:0:0"))], "leave_out_events": ["bravo"],
            "bootstrap": {"resamples": 100, "seed": 1}, "capacity": [5],
        }  # fmt: skip
        path = tmp_path / "evaluate.yaml"
        path.write_text(yaml.safe_dump(config | changed), encoding="utf-8")
        return path

    return write


class _KilledError(RuntimeError):
    pass


@pytest.fixture
def trainings(monkeypatch):
    """Training is a network of random weights by the seed; counts, and kills on demand."""
    calls = {"done": [], "kill_at": None}

    def stub(labelled, options, start, *, checkpoint, device, number_format, report):
        if len(calls["done"]) == calls["kill_at"]:
            raise _KilledError
        calls["done"].append((set(labelled.chips.building_ids), options.seed))
        checkpoint.write_bytes(b"half way")
        with torch.random.fork_rng():
            torch.manual_seed(options.seed)
            return SiameseDamageNet(ModelOptions(view_px=32, coarse=16, fine=8, hidden=8)).eval()

    monkeypatch.setattr("detectors.measuring.split_scores.train", stub)
    return calls


@pytest.fixture
def blank_plots(monkeypatch):
    """Plots are empty files: what they show is tested with the reports, and drawing takes time."""
    for name in ("precision_recall", "reliability", "confusion", "budget", "worst_misses"):
        monkeypatch.setattr(f"flows.evaluation.evaluate_detector.write_{name}", _touch)


def _touch(*arguments):
    next(each for each in arguments if isinstance(each, Path)).touch()


def test_every_split_and_seed_is_scored_and_reported_apart(write_configs, trainings, tmp_path):
    out = tmp_path / "out"
    evaluation = evaluate_detector(write_configs(), out)
    scores = check_table(pd.read_parquet(out / "scores.parquet"), SCORES)
    assert set(zip(scores["kind"], scores["seed"], strict=True)) == {
        (kind, seed) for kind in ("area_fold", "leave_event_out") for seed in (1, 2)
    }
    left_out = scores[scores["kind"] == "leave_event_out"]
    assert set(left_out["building_id"]) == set(chips_of("bravo").chips.building_ids)
    assert len(left_out) == 2 * HOMES
    for (split, seed), (trained, with_seed) in zip(
        scores[["split", "seed"]].drop_duplicates().itertuples(index=False),
        trainings["done"], strict=True,
    ):  # fmt: skip
        part = scores[(scores["split"] == split) & (scores["seed"] == seed)]
        assert seed == with_seed
        assert trained.isdisjoint(part["building_id"])
        stem = next((out / "units").glob(f"{split}-seed-{seed}-*-choosing.parquet"))
        chosen = set(pd.read_parquet(stem)["building_id"])
        assert chosen.isdisjoint(part["building_id"])
        assert chosen.isdisjoint(trained)
    files = {path.name for path in out.iterdir()}
    assert files == PLOTS | {
        "units", "scores.parquet", "evaluation.md", "evaluation.json", "worst_misses.png",
    }  # fmt: skip
    assert not list((out / "units").glob("*.checkpoint"))
    for name in (*PLOTS, "worst_misses.png"):
        with Image.open(out / name) as picture:
            picture.verify()
    told = json.loads((out / "evaluation.json").read_text("utf-8"))
    assert told["provenance"]["mode"] == "trained for each split"
    assert set(told["provenance"]["data"]) == set(EVENTS)
    assert [g.event_id for g in evaluation.of_kind("leave_event_out")] == ["all", "bravo"]
    bravo = evaluation.of_kind("leave_event_out")[1]
    assert (bravo.homes, bravo.seeds, bravo.scenes) == (HOMES, 2, 12)
    assert bravo.figures["false_alarms_at_choice"].value is not None
    assert {each.labelled for each in evaluation.abstentions if each.event_id in EVENTS} == {24}
    assert {each.abstained_frac for each in evaluation.abstentions} == {0.0}


def test_a_killed_evaluation_trains_only_what_is_missing(
    write_configs, trainings, blank_plots, tmp_path
):
    config, out = write_configs(), tmp_path / "out"
    trainings["kill_at"] = 2
    with pytest.raises(_KilledError):
        evaluate_detector(config, out)
    assert not (out / "evaluation.json").exists()
    trainings["kill_at"] = None
    evaluate_detector(config, out)
    assert len(trainings["done"]) == 4
    first = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    evaluate_detector(config, out)
    assert len(trainings["done"]) == 4
    whole = tmp_path / "whole"
    evaluate_detector(config, whole)
    assert len(trainings["done"]) == 8
    for folder in (out, whole):
        again = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        assert again == first
    # where lists are cut and how often is drawn need no training; another seed needs its own
    evaluate_detector(write_configs(capacity=[7], false_alarm_budget=0.1), out)
    assert len(trainings["done"]) == 8
    evaluate_detector(write_configs(seeds=[1, 2, 3]), out)
    assert [seed for _, seed in trainings["done"][8:]] == [3, 3]


def test_damaged_scores_say_what_to_delete(write_configs, trainings, blank_plots, tmp_path):
    config, out = write_configs(), tmp_path / "out"
    evaluate_detector(config, out)
    path = next((out / "units").glob("fold-*-choosing.parquet"))
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match=r"choosing\.parquet.*Delete it"):
        evaluate_detector(config, out)


def test_chips_that_differ_in_anything_have_another_digest():
    one, other = chips_of("alpha"), chips_of("alpha")
    assert digest_of_chips(one) == digest_of_chips(other)
    other.chips.images[3, 1, 0, 5, 5] ^= 1
    assert digest_of_chips(one) != digest_of_chips(other)
    other = chips_of("alpha")
    other.grades[0] = 3
    assert digest_of_chips(one) != digest_of_chips(other)


def test_a_whole_evaluation_trains_the_real_network(
    write_configs, blank_plots, tmp_path, monkeypatch
):
    seen = []

    def counted(labelled, *arguments, **named):
        seen.append(len(labelled))
        return train(labelled, *arguments, **named)

    monkeypatch.setattr("detectors.measuring.split_scores.train", counted)
    config = write_configs(seeds=[7], area_folds=[], leave_out_events=["bravo"])
    evaluation = evaluate_detector(config, tmp_path / "out")
    assert len(seen) == 1
    assert seen[0] < 2 * HOMES
    (_, bravo) = evaluation.groups
    assert 0 <= bravo.figures["auc_severe"].value <= 1
    assert "leave" not in (tmp_path / "out" / "evaluation.md").read_text("utf-8")


@pytest.fixture
def held_out(write_configs, monkeypatch):
    """Events whose scenes are those that a part's card holds out, but for charlie's."""
    scenes = read_card(card_path(honest_twin(shipped_weights()))).held_out_scenes
    shares = {"alpha": scenes[:3], "bravo": scenes[3:6], "charlie": None}

    def cut(source, _folder):
        event_id = source.event.event_id
        chips = chips_of(event_id, shares[event_id])
        areas = np.char.add(f"{event_id}:", chips.scene_ids)
        return LabelledChips(chips.chips, chips.grades, chips.events, areas, chips.scene_ids)

    monkeypatch.setattr("flows.evaluation.scoring.chips_of_source", cut)
    return write_configs


def test_given_weights_are_scored_on_the_scenes_their_card_holds_out(
    held_out, blank_plots, tmp_path
):
    weights = honest_twin(shipped_weights())
    evaluation = evaluate_detector(held_out(), tmp_path / "out", str(weights))
    scores = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    assert set(scores["event_id"]) == {"alpha", "bravo"}
    assert set(scores["seed"]) == {GIVEN_SEED}
    assert evaluation.kinds == ("held_out_scenes",)
    card = read_card(card_path(weights))
    assert evaluation.model == card.name
    assert evaluation.provenance["weights"]["sha256"] == card.sha256
    figures = evaluation.groups[0].figures
    assert figures["recall_severe_at_choice"].reason.startswith("no threshold: no homes")
    assert figures["auc_severe"].low is not None
    assert {each.event_id for each in evaluation.abstentions} == {"all", "alpha", "bravo"}
    assert not (tmp_path / "out" / "units").exists()


def test_weights_that_saw_everything_are_judged_by_the_scores_beside_them(
    write_configs, blank_plots, tmp_path
):
    weights = tmp_path / "whole.npz"
    shutil.copy(shipped_weights(), weights)
    shutil.copy(card_path(shipped_weights()), card_path(weights))
    chips = chips_of("alpha")
    chances = np.random.default_rng(3).dirichlet(np.ones(4), HOMES)
    left = tabulate_scores(chips, chances, "part-0", SplitKind.AREA_FOLD, 7)
    left.to_parquet(scores_path(weights))
    evaluation = evaluate_detector(write_configs(), tmp_path / "out", str(weights))
    scores = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    pd.testing.assert_frame_equal(scores, left, check_like=True)
    assert evaluation.kinds == ("area_fold",)
    assert "by a network trained on everything else" in evaluation.provenance["mode"]


def test_a_start_that_learnt_from_events_is_refused(write_configs, tmp_path):
    config = write_configs()
    training = yaml.safe_load((tmp_path / "train.yaml").read_text("utf-8"))
    (tmp_path / "train.yaml").write_text(
        yaml.safe_dump(training | {"start": str(shipped_weights())}), encoding="utf-8"
    )
    with pytest.raises(SettingsError, match="has seen areas that are to report"):
        evaluate_detector(config, tmp_path / "out")


def test_the_shipped_weights_bring_their_scores_and_twins():
    card = read_card(card_path(shipped_weights()))
    scores = check_table(pd.read_parquet(scores_path(shipped_weights())), SCORES)
    counts = scores["event_id"].value_counts()
    assert {event: figures["buildings"] for event, figures in card.metrics.items()} == dict(counts)
    assert read_card(card_path(honest_twin(shipped_weights()))).held_out_scenes


def test_weights_that_hold_out_none_of_these_scenes_are_refused(write_configs, tmp_path):
    with pytest.raises(WeightsError, match=r"none of the \d+ events .* Name the events"):
        evaluate_detector(write_configs(), tmp_path / "out", "shipped")
    twin = str(honest_twin(shipped_weights()))
    with pytest.raises(WeightsError, match=r"none of the \d+ scenes .* Name the events"):
        evaluate_detector(write_configs(), tmp_path / "out", twin)
    with pytest.raises(WeightsError, match=r"reading the model card .*no\.json"):
        evaluate_detector(write_configs(), tmp_path / "out", str(tmp_path / "no.npz"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"area_folds": [8]}, r"area_folds are 0 to 7, not \[8\]"),
        ({"area_folds": [1, 1]}, r"area_folds names one twice: \[1, 1\]"),
        ({"seeds": []}, "at least 1 item"),
        ({"seeds": [-1]}, "a seed at least 0"),
        ({"capacity": [0]}, "a capacity is at least 1"),
        ({"false_alarm_budget": 1.5}, "less than 1"),
        ({"bootstrap": {"resamples": 3}}, "greater than or equal to 100"),
        ({"folds": [1]}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_config_quotes_the_value_and_names_the_file(write_configs, changed, words):
    path = write_configs(**changed)
    with pytest.raises(SettingsError, match=words) as error:
        read_evaluate_config(path)
    assert str(path) in str(error.value)
    assert "See configs/evaluate.yaml" in str(error.value)


@pytest.mark.parametrize("content", ["", "train: [", "- 1", "\x00"])
def test_what_is_no_config_is_one_error(tmp_path, content):
    path = tmp_path / "e.yaml"
    path.write_text(content)
    with pytest.raises(SettingsError, match="reading the evaluation config"):
        read_evaluate_config(path)
    with pytest.raises(SettingsError, match="reading the evaluation config"):
        read_evaluate_config(tmp_path / "none.yaml")


def test_nobody_to_report_on_is_told_before_any_training(write_configs, trainings, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(SettingsError, match="neither area_folds nor leave_out_events"):
        evaluate_detector(write_configs(area_folds=[], leave_out_events=[]), out)
    with pytest.raises(InputError, match=r"without-atlantis.*alpha, bravo, charlie"):
        evaluate_detector(write_configs(leave_out_events=["bravo", "atlantis"]), out)
    assert trainings["done"] == []


def test_an_event_without_truth_is_told_before_any_training(
    write_configs, event_files, trainings, tmp_path
):
    config = write_configs()
    lost = tmp_path / "lost"
    shutil.copytree(event_files[0].parent, lost)
    (lost / "truth.parquet").unlink()
    training = yaml.safe_load((tmp_path / "train.yaml").read_text("utf-8"))
    training["events"].append(str(lost / "event.yaml"))
    (tmp_path / "train.yaml").write_text(yaml.safe_dump(training), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"there is no truth\.parquet and no labels\.csv"):
        evaluate_detector(config, tmp_path / "out")
    training |= {"events": [], "towns": [{"seed": 1}]}
    (tmp_path / "train.yaml").write_text(yaml.safe_dump(training), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"names no events\. Name events with truth"):
        evaluate_detector(config, tmp_path / "out")
    assert trainings["done"] == []


def test_the_command_prints_a_table_and_where_the_report_is(
    write_configs, trainings, blank_plots, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    monkeypatch.setattr("flows.cli.modelling.console", Console(width=240))
    told = CliRunner().invoke(
        cli.app, ["evaluate", str(write_configs(seeds=[1])), "--out", str(out)]
    )
    assert told.exit_code == 0, told.output
    assert "severe found at 2 % wrong" in told.output
    assert "bravo" in told.output
    assert str(out / "evaluation.md") in told.output
    helped = CliRunner().invoke(cli.app, ["evaluate", "--help"])
    assert "configs/evaluate.yaml" in helped.output


def test_the_config_in_the_repository_reads_and_its_folds_differ():
    path = shipped_weights().parents[3] / "configs" / "evaluate.yaml"
    config = read_evaluate_config(path)
    assert config.train.name == "train-start.yaml"
    assert len(config.area_folds) == len(set(config.area_folds)) > 1
