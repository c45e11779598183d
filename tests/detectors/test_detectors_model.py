"""The network's shape, and what its starting weights see."""

import torch
from torch import nn
from torchvision.models import mobilenet_v2

from core.damage import GRADED
from detectors.model import SiameseDamageNet, freeze_batch_norm, load_imagenet


def test_views_become_one_row_of_logits_each(network, tiny):
    views = torch.zeros(5, 1, 2, 4, tiny.view_px, tiny.view_px)
    with torch.inference_mode():
        assert network(views).shape == (5, len(GRADED))


def test_order_of_dates_matters(network):
    views = torch.randn(2, 1, 2, 4, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        apart = (network(views) - network(views.flip(2))).abs().max()
        assert apart > 1e-3


def test_the_footprint_channel_starts_unseen(tiny):
    torch.manual_seed(0)
    state = mobilenet_v2(weights=None).state_dict()
    model = SiameseDamageNet(tiny)
    load_imagenet(model, state)
    torch.testing.assert_close(
        model.backbone[0][0].weight[:, :3], state["features.0.0.weight"], rtol=0, atol=0
    )
    model.eval()
    views = torch.randn(2, 1, 2, 4, 32, 32)
    other = views.clone()
    other[:, :, :, 3] = 1 - other[:, :, :, 3]
    with torch.inference_mode():
        torch.testing.assert_close(model(views), model(other), rtol=0, atol=0)


def test_frozen_norms_keep_their_statistics_while_the_rest_trains(tiny):
    model = SiameseDamageNet(tiny).train()
    freeze_batch_norm(model)
    before = {name: value.clone() for name, value in model.named_buffers()}
    model(torch.randn(4, 1, 2, 4, 32, 32))
    for name, value in model.named_buffers():
        assert torch.equal(value, before[name])
    assert any(module.training for module in model.modules() if isinstance(module, nn.Dropout))
