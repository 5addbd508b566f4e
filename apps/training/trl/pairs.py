"""ORPO, DPO and RPO by METHOD's formulas over TRL's fused head, which never holds the logits of all tokens at once."""

import torch
import torch.nn.functional as F
from trl.trainer.utils import add_fused_lm_head

from whole_updates import WholeUpdateTrainer, padded

IGNORED = -100
# log(1 - e^x) cannot tell arguments above this from 0, in float32.
NEAREST_TO_ZERO = -(2.0**-23)


class PairCollator:
    """Pairs as rows, the chosen ones first."""

    def __init__(self, padding):
        self.padding = padding

    def __call__(self, pairs):
        sides = [(pair["promptIds"], pair[f"{side}Ids"]) for side in ("chosen", "rejected") for pair in pairs]
        batch = {
            "input_ids": padded([prompt + answer for prompt, answer in sides], self.padding, torch.long),
            "attention_mask": padded([[1] * len(prompt + answer) for prompt, answer in sides], 0, torch.long),
            "completion_mask": padded([[0] * len(prompt) + [1] * len(answer) for prompt, answer in sides], 0, torch.bool),
            "weight": torch.tensor([1.0 if pair.get("weight") is None else pair["weight"] for pair in pairs]),
        }
        if "reference" in pairs[0]:
            references = [pair["reference"][side] for side in ("chosen", "rejected") for pair in pairs]
            batch["reference"] = torch.tensor(references)
        return batch


def add_head(model):
    """Lets `log_probs` ask the model."""
    add_fused_lm_head(model.get_base_model() if hasattr(model, "get_base_model") else model)


def log_probs(model, batch, wanted):
    """float [B, T - 1]: of every wanted token after the first; 0 for others. wanted: bool [B, T]."""
    labels = batch["input_ids"].masked_fill(~wanted, IGNORED)
    kept = {name: batch[name] for name in ("input_ids", "attention_mask")}
    return model(**kept, labels=labels, use_cache=False, fused_lm_head=True).log_probs.float()


class PairTrainer(WholeUpdateTrainer):
    """A pair counts by its weight; a mean is over all pairs of an update, that of ORPO's likelihood over their chosen tokens."""

    kinds_of_items = ("pairs", "tokens")

    def __init__(self, *args, objective, **kwargs):
        super().__init__(*args, **kwargs)
        self.objective = objective
        add_head(self.model)

    def count_items(self, batch):
        return torch.stack([torch.tensor(len(batch["weight"])), self._likely(batch).chunk(2)[0][:, 1:].sum().cpu()])

    def _likely(self, batch):
        """bool [B, T]: the tokens that a log-probability is wanted of."""
        return batch["attention_mask"].bool() if self.objective.get("wholeSequenceNll") else batch["completion_mask"]

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        tokens = log_probs(model, inputs, self._likely(inputs))
        mask = inputs["completion_mask"][:, 1:]
        sums = (tokens * mask).sum(1)
        rows = {"sums": sums, "means": sums / mask.sum(1).clamp(min=1), "all": tokens.sum(1)}
        loss = self._loss(rows, inputs, num_items_in_batch)
        return (self.scaled(loss), None) if return_outputs else self.scaled(loss)

    def _loss(self, rows, inputs, items):
        weight, pairs = inputs["weight"], items["pairs"]
        if self.objective["kind"] == "orpo":
            return self._orpo(rows, weight, items)
        beta = self.objective["beta"]
        rewards = rows["sums"] - inputs["reference"]
        chosen, rejected = rewards.chunk(2)
        loss = -(weight * F.logsigmoid(beta * (chosen - rejected))).sum() / pairs
        self._report(beta * rewards, rows["sums"], pairs)
        if self.objective["kind"] == "dpo":
            return loss
        nll = -(weight * rows["means"].chunk(2)[0]).sum() / pairs
        self.add_metrics(nll_loss=nll)
        return loss + self.objective["nllWeight"] * nll

    def _orpo(self, rows, weight, items):
        chosen, rejected = _log_odds(rows["means"]).chunk(2)
        ratio = (weight * F.logsigmoid(chosen - rejected)).sum() / items["pairs"]
        nll = -(weight * rows["all"].chunk(2)[0]).sum() / items["tokens"]
        self._report(self.objective["lambda"] * rows["means"], rows["means"], items["pairs"])
        odds = (chosen - rejected).sum() / items["pairs"]
        self.add_metrics(nll_loss=nll, log_odds_ratio=ratio, log_odds_chosen=odds)
        return nll - self.objective["lambda"] * ratio

    def _report(self, rewards, logps, pairs):
        chosen, rejected = rewards.chunk(2)
        sides = {"rewards/chosen": chosen, "rewards/rejected": rejected, "rewards/margins": chosen - rejected}
        sides |= dict(zip(("logps/chosen", "logps/rejected"), logps.chunk(2), strict=True))
        sides["rewards/accuracies"] = (chosen > rejected).float()
        self.add_metrics(**{name: values.sum() / pairs for name, values in sides.items()})


def _log_odds(log_p):
    return log_p - torch.log(-torch.expm1(log_p.clamp(max=NEAREST_TO_ZERO)))
