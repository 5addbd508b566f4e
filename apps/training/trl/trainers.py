"""The trainer of each objective. Rows are already token ids, the same as generation and verification use."""

import json

import torch
import torch.nn.functional as F
from datasets import Dataset
from transformers import Trainer
from trl import SFTTrainer
from trl.experimental.orpo import ORPOTrainer

IGNORED = -100


def create_trainer(order, model, tokenizer, arguments):
    """The trainer of the order's objective, with the order's choice of decayed weights."""
    trainer = _trainer(order, model, tokenizer, arguments)
    if order["optimisation"]["decay"] == "all":
        # transformers decays neither norms nor biases.
        trainer.get_decay_parameter_names = lambda decayed: [name for name, _ in decayed.named_parameters()]
    return trainer


def _trainer(order, model, tokenizer, arguments):
    kind = order["objective"]["kind"]
    with open(order["datasetFile"], encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    if kind == "sft":
        labelled = [_labelled(row["promptIds"], row["completionIds"]) for row in rows]
        dataset = _with_lengths(labelled, [len(row["input_ids"]) for row in labelled])
        return SFTTrainer(model=model, args=arguments, train_dataset=dataset, processing_class=tokenizer)
    if kind == "orpo":
        # TRL expects texts; `tokenize_row` supplies the tokens.
        texts = [{"prompt": "", "chosen": "", "rejected": "", **row} for row in rows]
        lengths = [len(row["promptIds"]) + max(len(row["chosenIds"]), len(row["rejectedIds"])) for row in rows]
        dataset = _with_lengths(texts, lengths)
        trainer = TokensORPOTrainer(model=model, args=arguments, train_dataset=dataset, processing_class=tokenizer)
        trainer.is_whole_sequence = order["objective"]["wholeSequenceNll"]
        return trainer
    dataset = _with_lengths([_step_row(row) for row in rows], [len(row["ids"]) for row in rows])
    collate = StepCollator(tokenizer.pad_token_id or 0)
    return StepTrainer(model=model, args=arguments, train_dataset=dataset, data_collator=collate)


def _labelled(prompt, completion):
    return {"input_ids": prompt + completion, "labels": [IGNORED] * len(prompt) + completion}


def _with_lengths(rows, lengths):
    """The column that rows are grouped by, if any."""
    return Dataset.from_list([{**row, "length": length} for row, length in zip(rows, lengths, strict=True)])


def _mean_of_all(accelerator, total, count):
    """The mean over the elements of all processes: gradients are averaged over processes, which may hold different numbers."""
    everything = accelerator.reduce(count.detach().float(), reduction="sum").clamp(min=1)
    return total * accelerator.num_processes / everything


class TokensORPOTrainer(ORPOTrainer):
    """TRL's ORPO on tokens; its likelihood term may cover the completion alone, as in Eq. 8."""

    is_whole_sequence = True

    def tokenize_row(self, feature, model=None):
        prompt = feature["promptIds"]
        row = {"prompt_input_ids": prompt, "prompt_attention_mask": [1] * len(prompt)}
        for side in ("chosen", "rejected"):
            for name, values in _labelled(prompt, feature[f"{side}Ids"]).items():
                row[f"{side}_{name}"] = values
            row[f"{side}_attention_mask"] = [1] * len(row[f"{side}_input_ids"])
        return row

    def concatenated_forward(self, model, batch):
        outputs = super().concatenated_forward(model, batch)
        if self.is_whole_sequence:
            return outputs
        logits, labels = outputs[2], batch["chosen_labels"][:, 1:]
        # [B, T, V] is padded to the longer completion of the batch.
        logits = logits[:, : labels.shape[1]]
        labels = labels.reshape(-1).to(logits.device)
        nll = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels, ignore_index=IGNORED, reduction="sum")
        return (*outputs[:4], _mean_of_all(self.accelerator, nll, (labels != IGNORED).sum()), *outputs[5:])


def _step_row(row):
    """A label at the last token of every labelled step, -1 elsewhere."""
    labels = [-1.0] * len(row["ids"])
    for end, label in zip(row["stepEnds"], row["labels"], strict=True):
        labels[end] = -1.0 if label is None else float(label)
    return {"input_ids": row["ids"], "step_labels": labels}


class StepCollator:
    def __init__(self, padding):
        self.padding = padding

    def __call__(self, rows):
        longest = max(len(row["input_ids"]) for row in rows)

        def padded(name, value, dtype):
            return torch.tensor([row[name] + [value] * (longest - len(row[name])) for row in rows], dtype=dtype)

        lengths = torch.tensor([[len(row["input_ids"])] for row in rows])
        return {
            "input_ids": padded("input_ids", self.padding, torch.long),
            "step_labels": padded("step_labels", -1.0, torch.float32),
            "attention_mask": (torch.arange(longest)[None, :] < lengths).long(),
        }


class StepTrainer(Trainer):
    """Eqs. 3-4: the mean over the labelled steps of the binary cross-entropy, with hard or soft labels."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The loss is the mean of a micro-batch; the batch's is the mean of these.
        self.model_accepts_loss_kwargs = False

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        targets = inputs.pop("step_labels")
        outputs = model(**inputs)
        log_odds = outputs.logits[..., 1] - outputs.logits[..., 0]
        mask = (targets >= 0).float()
        losses = F.binary_cross_entropy_with_logits(log_odds.float(), targets.clamp(min=0), reduction="none")
        loss = _mean_of_all(self.accelerator, (losses * mask).sum(), mask.sum())
        return (loss, outputs) if return_outputs else loss
