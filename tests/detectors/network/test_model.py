"""The network's shape, what its starting weights see, and where it looks."""

import copy

import pytest
import torch
from torch import nn
from torchvision.models import mobilenet_v2

from core.damage import GRADED
from detectors.network.model import (
    EXACT_BLOCKS,
    SiameseDamageNet,
    clip_by_bits,
    fold_norms,
    load_imagenet,
    round_weights,
)
from detectors.network.options import ModelOptions


@pytest.fixture(scope="module")
def unfolded(tiny):
    """Random weights; norms with statistics, scales and offsets of their own."""
    torch.manual_seed(5)
    model = SiameseDamageNet(tiny)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for value in (module.weight, module.running_var):
                nn.init.uniform_(value, 0.5, 1.5)
            for value in (module.bias, module.running_mean):
                nn.init.uniform_(value, -0.2, 0.2)
    return model.eval()


def test_views_become_one_row_of_logits_each(network, views_of):
    with torch.inference_mode():
        assert network(views_of(5)).shape == (5, len(GRADED))


def test_a_building_is_judged_alone_whatever_lies_beside_it_in_the_batch(network, views_of):
    views = views_of(5)
    with torch.inference_mode():
        torch.testing.assert_close(network(views)[2:3], network(views[2:3]), atol=1e-5, rtol=0)


def test_order_of_dates_matters(network, views_of):
    views = views_of(2)
    swapped = views.flip(1)
    with torch.inference_mode():
        assert (network(views) - network(swapped)).abs().max() > 1e-3


def test_the_footprint_says_which_building_is_meant(network, views_of):
    views = views_of(2)
    other = views.clone()
    other[:, :, 3] = views[:, :, 3].flip(-2)
    with torch.inference_mode():
        assert (network(views) - network(other)).abs().max() > 1e-3


def test_an_empty_footprint_still_gives_numbers(network, views_of):
    views = views_of(2)
    views[:, :, 3] = 0.0
    with torch.inference_mode():
        assert torch.isfinite(network(views)).all()


def test_evidence_is_a_map_over_the_view(network, views_of):
    seen = []
    hook = network.evidence.register_forward_hook(lambda *parts: seen.append(parts[-1].shape))
    with torch.inference_mode():
        network(views_of(3))
    hook.remove()
    assert seen == [(3, network.options.coarse, 2, 2)]


def test_folding_the_norms_changes_no_answer(tiny, unfolded, views_of):
    views = views_of(4)
    with torch.inference_mode():
        before = unfolded(views)
        folded = fold_norms(SiameseDamageNet(tiny).eval())
        assert set(folded.state_dict()) != set(unfolded.state_dict())
        after = fold_norms(unfolded)(views)
    torch.testing.assert_close(before, after, atol=1e-5, rtol=1e-4)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in unfolded.modules())
    assert set(folded.state_dict()) == set(unfolded.state_dict())


@pytest.mark.parametrize("learns", [True, False])
def test_a_folded_bias_learns_where_its_norm_did(tiny, learns):
    model = SiameseDamageNet(tiny)
    model.stem.requires_grad_(learns)
    fold_norms(model)
    for name, value in model.named_parameters():
        assert value.requires_grad == (learns or not name.startswith("stem.")), name


def test_the_trunk_starts_as_imagenet_left_it(views_of):
    torch.manual_seed(0)
    whole = mobilenet_v2(weights=None).eval()
    model = SiameseDamageNet(ModelOptions())
    load_imagenet(model, whole.state_dict())
    model.eval()
    image = views_of(1, px=64)[:, 0, :3]
    with torch.inference_mode():
        trunk = model.deep(model.middle(model.stem(image)))
        torch.testing.assert_close(trunk, whole.features[:14](image), rtol=0, atol=0)
        assert not model.mark(torch.ones(1, 1, 4, 4)).any(), "the mark starts unseen"


def test_clipping_by_bits_gives_the_very_same_answers(unfolded, views_of):
    plain = fold_norms(copy.deepcopy(unfolded))
    fast = clip_by_bits(copy.deepcopy(plain))
    assert not any(isinstance(each, nn.ReLU6) for each in fast.modules())
    views = views_of(6)
    for enabled in (True, False):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            assert torch.equal(fast(views), plain(views))


def test_every_bfloat16_is_clipped_as_relu6_does():
    every = torch.arange(-(2**15), 2**15, dtype=torch.int16).view(torch.bfloat16)
    every = every[~every.isnan()]
    layers = nn.Sequential(nn.ReLU6())
    expected = layers(every)
    assert torch.equal(clip_by_bits(layers)(every.clone()), expected)


def test_rounded_weights_are_the_same_in_both_number_formats(unfolded):
    rounded = round_weights(fold_norms(copy.deepcopy(unfolded)))
    for value in rounded.parameters():
        assert torch.equal(value, value.to(torch.bfloat16).float())


@pytest.mark.parametrize("is_half", [True, False])
def test_first_edges_and_last_sums_are_computed_in_float32(unfolded, views_of, is_half):
    model = fold_norms(copy.deepcopy(unfolded))
    seen = {}
    parts = {"exact": model.stem[:EXACT_BLOCKS], "rest": model.middle, "head": model.head}
    for name, part in parts.items():
        part.register_forward_hook(lambda *hooked, name=name: seen.update({name: hooked[-1].dtype}))
        part[-1].register_forward_hook(
            lambda *hooked, name=name: seen.update({name: hooked[-1].dtype})
        )
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=is_half):
        assert model(views_of(2)).dtype == torch.float32
    expected = torch.bfloat16 if is_half else torch.float32
    assert seen == {"exact": torch.float32, "rest": expected, "head": torch.float32}
