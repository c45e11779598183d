"""What a network is taught by: ordinal soft targets, and less than a grade where less is known."""

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor

from core.damage import GRADED, DamageGrade


def soften(neighbour_share: float) -> Tensor:
    """Ordinal soft targets ``(grades, grades)``, a row a grade: some mass on each adjacent one."""
    beside = torch.diag(torch.ones(len(GRADED) - 1), 1) + torch.diag(
        torch.ones(len(GRADED) - 1), -1
    )
    softened = torch.eye(len(GRADED)) * (1 - neighbour_share * beside.sum(1, keepdim=True))
    return softened + neighbour_share * beside


def compute_loss(logits: Tensor, grades: Tensor, targets: Tensor, is_water: Tensor) -> Tensor:
    """Mean cross entropy with soft targets.

    "Major" of a flood often says that a sound house stands in water or mud (xBD's joint scale),
    which elsewhere is no major damage: such homes teach that there is damage, not how much.

    Args:
        logits: ``(batch, grades)``.
        grades: ``(batch,)``, values of DamageGrade.
        targets: see ``soften``.
        is_water: bool ``(batch,)``, homes of floods.
    """
    chances = F.log_softmax(logits, dim=1)
    graded = -(targets[grades] * chances).sum(dim=1)
    damaged = -chances[:, DamageGrade.MINOR :].logsumexp(dim=1)
    return torch.where(is_water & (grades == DamageGrade.MAJOR), damaged, graded).mean()
