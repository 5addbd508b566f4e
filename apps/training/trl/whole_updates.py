"""Losses that are means over the items of a whole update: its parts and its processes together."""

from collections import defaultdict

import torch
from transformers import Trainer


class WholeUpdateTrainer(Trainer):
    """
    A subclass counts a batch's items by kind, and divides its sums by those of the whole update. So `accumulation` and the number
    of processes change memory and time, and no gradient: transformers' own mean of means would weigh a part's items by their number.
    """

    loss_is_scaled_for_ga = True
    kinds_of_items = ()

    def __init__(self, *args, offload=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.sums = defaultdict(float)
        self.offload = _offloading(self.model) if offload else None

    def count_items(self, batch):
        """How many of each kind a batch has, int [kinds]."""
        raise NotImplementedError

    def _get_num_items_in_batch(self, batch_samples, device):
        counts = [self.count_items(batch).to(device) for batch in batch_samples]
        total = torch.stack(counts).sum(0) if counts else torch.zeros(len(self.kinds_of_items), device=device)
        return dict(zip(self.kinds_of_items, self.accelerator.reduce(total.float(), "sum").clamp(min=1), strict=True))

    def scaled(self, loss):
        """A part's share of the loss, such that the mean of all processes' gradients is the loss's."""
        return loss * self.accelerator.num_processes

    def add_metrics(self, **shares):
        """Shares of means over the update: a batch's sums over the update's items."""
        for name, share in shares.items():
            self.sums[name] = self.sums[name] + share.detach().float()

    def training_step(self, *args, **kwargs):
        if self.offload is None:
            return super().training_step(*args, **kwargs)
        with self.offload:
            return super().training_step(*args, **kwargs)

    def log(self, logs, *args, **kwargs):
        if self.sums and "loss" in logs:
            names = list(self.sums)
            means = self.accelerator.reduce(torch.stack([self.sums[name] for name in names]), "sum")
            logs.update(zip(names, means.tolist(), strict=True))
            self.sums.clear()
        super().log(logs, *args, **kwargs)


def _offloading(model):
    from trl.models import get_act_offloading_ctx_manager

    return get_act_offloading_ctx_manager(model=model)


def padded(rows, value, dtype):
    """Rows of values as one tensor [B, T], filled up on the right."""
    longest = max(len(row) for row in rows)
    return torch.tensor([list(row) + [value] * (longest - len(row)) for row in rows], dtype=dtype)
