"""Training learns, repeats itself, and goes on from where it was stopped."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.models import mobilenet_v2

from detectors.network.model import fold_norms
from detectors.network.number_format import NumberFormat
from detectors.training.dataset import LabelledChips
from detectors.training.start import begin_network, name_frozen
from detectors.training.train import (
    EpochReport,
    TrainOptions,
    train,
    weigh_draws,
)

COUNT = 24
HOW = {"device": torch.device("cpu"), "number_format": NumberFormat.FLOAT32}


@pytest.fixture(scope="module")
def options(tiny) -> TrainOptions:
    return TrainOptions(epochs=2, batch=8, model=tiny)


@pytest.fixture(scope="module")
def labelled(labelled_of):
    return labelled_of(COUNT)


def _train(labelled, options, checkpoint, report=lambda _: None):
    return train(labelled, options, None, checkpoint=checkpoint, **HOW, report=report)


def _same(one, other):
    return all(
        torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items()
    )


class _KilledError(RuntimeError):
    pass


@pytest.fixture(scope="module")
def undisturbed(labelled, options, tmp_path_factory):
    """A run to the end, and what it reported."""
    reports: list[EpochReport] = []
    folder = tmp_path_factory.mktemp("undisturbed")
    return _train(labelled, options, folder / "run.pt", reports.append), reports, folder


def test_a_run_reports_its_steps_and_gives_a_network_ready_to_judge(undisturbed, options):
    network, reports, folder = undisturbed
    assert [(r.epoch, r.epochs, round(r.done_frac, 2)) for r in reports] == [
        (epoch, 2, share) for epoch in (1, 2) for share in (0.33, 0.67, 1.0)
    ]
    assert all(np.isfinite(r.loss) and r.loss > 0 for r in reports)
    assert not network.training
    assert network.options == options.model
    assert [path.name for path in folder.iterdir()] == ["run.pt"]


def test_a_seed_repeats_itself_and_another_does_not(undisturbed, labelled, options, tmp_path):
    torch.manual_seed(12345)  # whatever was drawn before does not matter
    assert _same(_train(labelled, options, tmp_path / "a.pt"), undisturbed[0])
    short = replace(options, epochs=1, seed=8)
    assert not _same(_train(labelled, short, tmp_path / "b.pt"), undisturbed[0])


def test_a_killed_run_goes_on_to_the_very_same_weights(undisturbed, labelled, options, tmp_path):
    checkpoint = tmp_path / "run.pt"

    def kill(report):
        if report.epoch == 2 and report.done_frac > 0.5:
            raise _KilledError

    with pytest.raises(_KilledError):
        _train(labelled, options, checkpoint, kill)
    torch.manual_seed(777)
    reports: list[EpochReport] = []
    network = _train(labelled, options, checkpoint, reports.append)
    assert {report.epoch for report in reports} == {2}
    assert _same(network, undisturbed[0])


def test_a_finished_run_is_not_run_again(undisturbed, labelled, options):
    reports: list[EpochReport] = []
    network = _train(labelled, options, undisturbed[2] / "run.pt", reports.append)
    assert reports == []
    assert _same(network, undisturbed[0])


def test_a_checkpoint_of_other_work_is_not_taken_up(undisturbed, labelled, options, tmp_path):
    checkpoint = tmp_path / "run.pt"
    checkpoint.write_bytes((undisturbed[2] / "run.pt").read_bytes())
    reports: list[EpochReport] = []
    _train(labelled, replace(options, epochs=1, learning_rate=1e-3), checkpoint, reports.append)
    assert {report.epoch for report in reports} == {1}


def test_events_are_drawn_by_their_share_and_grades_by_their_rarity(labelled_of):
    parts = [labelled_of(24), labelled_of(8), labelled_of(8)]
    names = np.repeat(["storm", "fire", "flood"], [24, 8, 8])
    labelled = replace(LabelledChips.concatenate(parts), events=names)
    weights = weigh_draws(labelled, TrainOptions(shares=(("storm", 0.5),), balance_power=0.5))
    assert weights.sum() == pytest.approx(1.0)
    for name, share in (("storm", 0.5), ("fire", 0.25), ("flood", 0.25)):
        assert weights[names == name].sum() == pytest.approx(share)
    rare = labelled.select(~((names == "storm") & (labelled.grades == 3) & (np.arange(40) > 8)))
    drawn = weigh_draws(rare, TrainOptions(balance_power=1.0))
    storm = rare.events == "storm"
    by_grade = [drawn[storm & (rare.grades == grade)].sum() for grade in range(4)]
    np.testing.assert_allclose(by_grade, by_grade[0])


@pytest.mark.parametrize("expected", [(), ("stem",)], ids=["from nothing", "from ImageNet"])
def test_every_parameter_learns_but_those_said_to_be_frozen(
    labelled, options, tmp_path, caplog, expected
):
    """``fuse_conv_bn_eval`` froze 7,768 biases of ``middle`` and ``deep`` without a word."""
    start = mobilenet_v2(weights=None).state_dict() if expected else None
    torch.manual_seed(options.seed)
    fresh = begin_network(options.model, start, options.frozen)
    assert name_frozen(fresh) == expected
    fold_norms(fresh)
    caplog.set_level("INFO")
    network = train(
        labelled, options, start, checkpoint=tmp_path / "run.pt", **HOW, report=lambda _: None
    )
    assert f"do not learn: {', '.join(expected) or 'none'}" in caplog.text
    before = dict(fresh.named_parameters())
    still = {name for name, value in network.named_parameters() if torch.equal(value, before[name])}
    assert {name.partition(".")[0] for name in still} == set(expected)


@pytest.mark.parametrize("part", ["pixels", "start"])
def test_a_checkpoint_of_other_pixels_or_another_start_is_not_taken_up(
    labelled, options, tmp_path, part
):
    short, states = replace(options, epochs=1), []
    starts = [mobilenet_v2(weights=None).state_dict() for _ in range(2)]
    other = labelled.select(np.ones(len(labelled), bool))
    other = replace(other, chips=replace(other.chips, images=255 - other.chips.images))
    first, second = (
        ((labelled, None), (other, None))
        if part == "pixels"
        else ((labelled, starts[0]), (labelled, starts[1]))
    )
    for chips, start in (first, second):
        checkpoint, reports = tmp_path / "run.pt", []
        train(chips, short, start, checkpoint=checkpoint, **HOW, report=reports.append)
        assert reports, "a run of its own"
        states.append(torch.load(checkpoint, weights_only=True)["key"])
    assert states[0] != states[1]
