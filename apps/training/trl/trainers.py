"""The trainer of each objective. Rows are already token ids, the same as generation and verification use."""

from datasets import Dataset
from trl import SFTTrainer

from configs import has_confidence
from pairs import IGNORED, PairCollator, PairTrainer
from steps import StepCollator, StepTrainer, step_row
from tiles import bound_tiles


def create_trainer(order, rows, parts):
    """The trainer of the order's objective, with the order's choice of decayed weights. parts: model, tokenizer, arguments."""
    bound_tiles()
    kind = order["objective"]["kind"]
    create = {"sft": _sft, "reward": _reward}.get(kind, _pairs)
    trainer = create(order, rows, parts)
    if order["optimisation"]["decay"] == "all":
        # transformers decays neither norms nor biases.
        trainer.get_decay_parameter_names = lambda decayed: [name for name, _ in decayed.named_parameters()]
    return trainer


def _sft(order, rows, parts):
    model, tokenizer, arguments = parts
    labelled = [_labelled(row["promptIds"], row["completionIds"]) for row in rows]
    dataset = _with_lengths(labelled, [len(row["input_ids"]) for row in labelled])
    kept = _trained_values(model)
    trainer = SFTTrainer(model=model, args=arguments, train_dataset=dataset, processing_class=tokenizer)
    # TRL makes the adapter of a quantised base bfloat16.
    for parameter, values in kept:
        parameter.data = values
    return trainer


def _trained_values(model):
    """The trained parameters of a quantised model as they are; none of others, which stay as they are."""
    if not getattr(model, "is_loaded_in_4bit", False):
        return []
    return [(parameter, parameter.data.clone()) for parameter in model.parameters() if parameter.requires_grad]


def _pairs(order, rows, parts):
    model, tokenizer, arguments = parts
    lengths = [len(row["promptIds"]) + max(len(row["chosenIds"]), len(row["rejectedIds"])) for row in rows]
    return PairTrainer(
        model=model,
        args=arguments,
        train_dataset=_with_lengths(rows, lengths),
        data_collator=PairCollator(tokenizer.pad_token_id or 0),
        objective=order["objective"],
        offload=order["offloadActivations"],
    )


def _reward(order, rows, parts):
    model, tokenizer, arguments = parts
    return StepTrainer(
        model=model,
        args=arguments,
        train_dataset=_with_lengths([step_row(row) for row in rows], [len(row["ids"]) for row in rows]),
        data_collator=StepCollator(tokenizer.pad_token_id or 0, has_confidence(order)),
        offload=order["offloadActivations"],
    )


def _labelled(prompt, completion):
    return {"input_ids": prompt + completion, "labels": [IGNORED] * len(prompt) + completion}


def _with_lengths(rows, lengths):
    """The column that rows are grouped by, if any."""
    return Dataset.from_list([{**row, "length": length} for row, length in zip(rows, lengths, strict=True)])
