"""Losses of the first updates by TRL's trainers, by transformers where TRL has none, and by a formula in torch.

Input: {"base", "verifier": folders, "folder": for outputs, "cases": [{"name", "trainer", "rows", "optimisation", ...}]} as in
training.spec.ts. Answer: for each name the losses of its updates, one a step; every batch holds all rows. {"updates": [[rows, batch,
accumulation, epochs], ...]} is answered by the numbers of updates that transformers makes of them.
"""

import json
import logging
import os
import sys
from pathlib import Path

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

import torch
import torch.nn.functional as F
from datasets import Dataset, disable_progress_bars
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForTokenClassification,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

sys.path.insert(0, str(Path(__file__).parents[2] / "apps/training/trl"))
from results import save_result
from sharding import whole_state
from train import prepared_trainer

logging.disable(logging.WARNING)
disable_progress_bars()
IGNORED = -100


def arguments(kind, case, folder, **changes):
    settings = case["optimisation"]
    return kind(
        output_dir=folder,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        per_device_train_batch_size=settings["rows"],
        gradient_accumulation_steps=settings["accumulation"],
        max_steps=settings["steps"],
        learning_rate=settings["learningRate"],
        lr_scheduler_type="linear",
        warmup_steps=0,
        weight_decay=settings["weightDecay"],
        max_grad_norm=settings["maxGradNorm"],
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        **changes,
    )


def policy(asked):
    return AutoModelForCausalLM.from_pretrained(asked["base"], dtype=torch.float32)


def sft(asked, case):
    config = arguments(SFTConfig, case, asked["folder"], max_length=None)
    return SFTTrainer(policy(asked), config, train_dataset=Dataset.from_list(case["rows"]), processing_class=tokenizer(asked))


def orpo(asked, case):
    config = arguments(ORPOConfig, case, asked["folder"], beta=case["lambda"], max_length=64, disable_dropout=False, remove_unused_columns=False)
    return ORPOTrainer(policy(asked), config, train_dataset=Dataset.from_list(case["rows"]), processing_class=tokenizer(asked))


def dpo(asked, case, kind=DPOTrainer):
    config = arguments(DPOConfig, case, asked["folder"], beta=case["beta"], max_length=None, loss_type=["sigmoid"])
    rows = Dataset.from_list(case["rows"])
    return kind(policy(asked), ref_model=policy(asked), args=config, train_dataset=rows, processing_class=tokenizer(asked))


class RpoTrainer(DPOTrainer):
    """METHOD.md: DPO's loss and the chosen completion's mean negative log-likelihood, both averaged over the pairs."""

    def _compute_loss(self, model, inputs, return_outputs):
        ids, mask = inputs["input_ids"], inputs["completion_mask"]

        def row_sums(of):
            logits = of(input_ids=ids, attention_mask=inputs["attention_mask"], use_cache=False).logits[:, :-1]
            logps = logits.log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
            return (logps * mask[:, 1:]).sum(1)

        sums = row_sums(model)
        with torch.no_grad():
            reference = row_sums(self.ref_model)
        chosen, rejected = (sums - reference).chunk(2)
        means = (sums / mask[:, 1:].sum(1)).chunk(2)[0]
        loss = (-F.logsigmoid(self.beta * (chosen - rejected)) - self.nll_weight * means).mean()
        return (loss, None) if return_outputs else loss


def rpo(asked, case):
    trainer = dpo(asked, case, RpoTrainer)
    trainer.nll_weight = case["nllWeight"]
    return trainer


def prm(asked, case):
    """TRL 1.16 has no trainer of process rewards any more: transformers' own loss of token classification."""
    config = AutoConfig.from_pretrained(asked["verifier"])
    config.classifier_dropout = 0.0
    model = AutoModelForTokenClassification.from_pretrained(asked["verifier"], config=config, dtype=torch.float32)

    def collate(rows):
        longest = max(len(row["ids"]) for row in rows)
        pad = lambda values, value: torch.tensor([list(v) + [value] * (longest - len(v)) for v in values])
        return {
            "input_ids": pad([row["ids"] for row in rows], 0),
            "attention_mask": pad([[1] * len(row["ids"]) for row in rows], 0),
            "labels": pad([row["labels"] for row in rows], IGNORED),
        }

    how = arguments(TrainingArguments, case, asked["folder"], remove_unused_columns=False)
    return Trainer(model, how, train_dataset=Dataset.from_list(case["rows"]), data_collator=collate)


class HandedOver:
    """The training service's own back-end, which leaves its result too."""

    def __init__(self, order):
        self.order = order
        self.trainer = prepared_trainer(order)
        self.state = self.trainer.state

    def train(self):
        self.trainer.train()
        self.state = self.trainer.state
        save_result(self.order, self.trainer.model, whole_state(self.trainer))


def handed_over(asked, case):
    return HandedOver(case["order"])


TRAINERS = {"sft": sft, "orpo": orpo, "dpo": dpo, "rpo": rpo, "prm": prm, "handed-over": handed_over}


def tokenizer(asked):
    return PreTrainedTokenizerFast.from_pretrained(asked["base"])


def losses(asked, case):
    trainer = TRAINERS[case["trainer"]](asked, case)
    trainer.train()
    return [log["loss"] for log in trainer.state.log_history if "loss" in log]


def updates(asked, rows, batch, accumulation, epochs):
    data = Dataset.from_list([{"input_ids": [1, 2]}] * rows)
    config = TrainingArguments(
        asked["folder"], use_cpu=True, per_device_train_batch_size=batch // accumulation,
        gradient_accumulation_steps=accumulation, num_train_epochs=epochs, report_to=[], remove_unused_columns=False,
    )
    trainer = Trainer(policy(asked), config, train_dataset=data)
    return trainer.set_initial_training_values(config, trainer.get_train_dataloader())[-1]


def main():
    asked = json.load(sys.stdin)
    answer = {case["name"]: losses(asked, case) for case in asked["cases"]}
    print(json.dumps({"losses": answer, "updates": [updates(asked, *how) for how in asked["updates"]]}))


main()
