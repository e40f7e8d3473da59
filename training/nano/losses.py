"""What is minimised: the words of the answers, and the denser losses of nano."""

import torch
from torch import Tensor
from torch.nn import functional as F

from vigorl.training.nano.packed import PackedRows


def spoken_at(rows: PackedRows) -> tuple[Tensor, Tensor]:
    """Row and place of every token that counts, each [M] int64."""
    row_M, place_M = (rows.weights_B_L > 0).nonzero(as_tuple=True)
    return row_M, place_M


def token_loss(
    logits_M_V: Tensor,
    targets_M: Tensor,
    weights_M: Tensor,
    scales: tuple[range, ...] = (),
    sigma: float = 3.0,
) -> Tensor:
    """Mean cross-entropy by weight; on a scale of numbers, near is nearly right.

    Args:
        logits_M_V: Of the tokens that count.
        targets_M: int64.
        weights_M: float32.
        scales: Ranges of tokens that stand for consecutive numbers. A target among them is
            blurred over its neighbours: a point beside the middle of a button is no other word.
        sigma: Of the blur, in numbers.
    """
    logprobs_M_V = logits_M_V.float().log_softmax(-1)
    losses_M = -logprobs_M_V.gather(1, targets_M[:, None])[:, 0]
    reach = round(3 * sigma)
    offset_K = torch.arange(-reach, reach + 1, device=targets_M.device)
    bell_K = torch.exp(-(offset_K**2) / (2 * sigma**2))
    near_M_K = targets_M[:, None] + offset_K
    for scale in scales:
        inside_M_K = (near_M_K >= scale.start) & (near_M_K < scale.stop)
        shares_M_K = bell_K * inside_M_K
        shares_M_K = shares_M_K / shares_M_K.sum(1, keepdim=True).clamp(min=1e-9)
        near_logprobs = logprobs_M_V.gather(1, near_M_K.clamp(0, logits_M_V.shape[1] - 1))
        blurred_M = -(near_logprobs * shares_M_K).sum(1)
        on_scale_M = (targets_M >= scale.start) & (targets_M < scale.stop)
        losses_M = torch.where(on_scale_M, blurred_M, losses_M)
    return (losses_M * weights_M).sum() / weights_M.sum().clamp(min=1e-9)


def looking_loss(
    tapped: list[Tensor], boxes_B_Q_4: Tensor, first_cell: int, high: int, wide: int
) -> tuple[Tensor, Tensor]:
    """How far tapped heads are from looking at the cells that a target covers.

    Args:
        tapped: Attention logits, each [B, Q, L].
        boxes_B_Q_4: Where the target is, in cells; empty where there is none.
        first_cell: Where the picture begins in the row.
        high: Cells from top to bottom.
        wide: Cells from left to right.

    Returns:
        Mean cross-entropy against the shares of the target's cells, over queries with a target
        and heads; and the share of these queries whose last head looks most at such a cell.
    """
    cells_B_Q_N = covered_cells(boxes_B_Q_4, high, wide)
    used_B_Q = cells_B_Q_N.sum(-1) > 0
    count = used_B_Q.sum().clamp(min=1)
    loss = boxes_B_Q_4.new_zeros(())
    right = boxes_B_Q_4.new_zeros(())
    for logits_B_Q_L in tapped:
        looked_B_Q_N = logits_B_Q_L.log_softmax(-1)[..., first_cell : first_cell + high * wide]
        missed_B_Q = -(looked_B_Q_N.clamp(min=-50) * cells_B_Q_N).sum(-1)
        loss = loss + (missed_B_Q * used_B_Q).sum() / count / len(tapped)
        most_B_Q_1 = looked_B_Q_N.argmax(-1, keepdim=True)
        right = ((cells_B_Q_N.gather(-1, most_B_Q_1)[..., 0] > 0) & used_B_Q).sum() / count
    return loss, right


def covered_cells(boxes_B_Q_4: Tensor, high: int, wide: int) -> Tensor:
    """The share of each box that lies in each cell, [B, Q, high * wide]; 0 for empty boxes."""
    row = torch.arange(high, device=boxes_B_Q_4.device)
    column = torch.arange(wide, device=boxes_B_Q_4.device)
    left, top, right, bottom = (boxes_B_Q_4[..., side : side + 1] for side in range(4))
    tall = (torch.minimum(bottom, row + 1) - torch.maximum(top, row)).clamp(min=0)
    broad = (torch.minimum(right, column + 1) - torch.maximum(left, column)).clamp(min=0)
    area = (tall[..., :, None] * broad[..., None, :]).flatten(-2)
    return area / area.sum(-1, keepdim=True).clamp(min=1e-9)


def reading_loss(
    logits_S_K_C: Tensor, slots_S_K: Tensor, blank_weight: float = 0.15
) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the characters in slots; and the share of characters that are right."""
    targets = slots_S_K.flatten()
    weights = torch.where(targets > 0, 1.0, blank_weight)
    logits = logits_S_K_C.flatten(0, 1)
    losses = F.cross_entropy(logits.float(), targets, reduction="none")
    written = targets > 0
    right = ((logits.argmax(-1) == targets) & written).sum() / written.sum().clamp(min=1)
    return (losses * weights).sum() / weights.sum(), right
