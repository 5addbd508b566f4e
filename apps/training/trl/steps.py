"""Reward models: a score at the last token of every step, or of the path."""

import torch
import torch.nn.functional as F

from whole_updates import WholeUpdateTrainer, padded

UNLABELLED = -1.0


def step_row(row):
    """A label at the last token of every labelled step."""
    labels = [UNLABELLED] * len(row["ids"])
    for end, label in zip(row["stepEnds"], row["labels"], strict=True):
        labels[end] = UNLABELLED if label is None else float(label)
    return {"input_ids": row["ids"], "step_labels": labels, "prompt_length": row["promptLength"]}


class StepCollator:
    """Rows as tensors; which tokens are the path's, where the head sees its confidence."""

    def __init__(self, padding, has_confidence):
        self.padding = padding
        self.has_confidence = has_confidence

    def __call__(self, rows):
        ids = [row["input_ids"] for row in rows]
        batch = {
            "input_ids": padded(ids, self.padding, torch.long),
            "attention_mask": padded([[1] * len(row) for row in ids], 0, torch.long),
            "step_labels": padded([row["step_labels"] for row in rows], UNLABELLED, torch.float32),
        }
        if self.has_confidence:
            paths = [[0.0] * row["prompt_length"] + [1.0] * (len(row["input_ids"]) - row["prompt_length"]) for row in rows]
            batch["completion_mask"] = padded(paths, 0.0, torch.float32)
        return batch


class StepTrainer(WholeUpdateTrainer):
    """Eqs. 3-4: the mean over the labelled steps of the binary cross-entropy, with hard or soft labels."""

    kinds_of_items = ("steps",)

    def count_items(self, batch):
        return (batch["step_labels"] >= 0).sum()[None]

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        targets, steps = inputs.pop("step_labels"), num_items_in_batch["steps"]
        outputs = model(**inputs)
        log_odds = _log_odds(outputs.logits.float())
        is_labelled = targets >= 0
        losses = F.binary_cross_entropy_with_logits(log_odds, targets.clamp(min=0), reduction="none")
        right = ((log_odds > 0) == (targets > 0.5)) & is_labelled
        self.add_metrics(accuracy=right.sum() / steps)
        loss = self.scaled((losses * is_labelled).sum() / steps)
        return (loss, outputs) if return_outputs else loss


def _log_odds(logits):
    """Of "correct": the second label against the first, or a single score."""
    return logits[..., 0] if logits.shape[-1] == 1 else logits[..., 1] - logits[..., 0]
