"""Trains by an order with TRL and transformers: argv is the order's file, see ../src/trl/order.ts.

The training service runs it, alone or as every process of `torchrun`. It writes events to the order's progress file, one JSON
object per line, and the result to the order's output folder. Exits with 0 once the result is complete.
"""

import json
import os
import sys
from pathlib import Path

if "WORLD_SIZE" not in os.environ:
    # transformers would copy the model to every GPU that it sees.
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")

import torch
from transformers.utils import logging

from arguments import training_arguments
from meeting import meet_others
from models import starting_model, starting_tokenizer
from parent import end_with_parent
from progress import CheckpointClock, Progress, ProgressCallback, Refused, last_checkpoint
from reference import needs_reference, score_own_share, with_reference
from results import save_result
from sharding import check_offload, check_processes, check_sharded, join_processes, whole_state
from trainers import create_trainer
from versions import found_versions, known_versions


def main(order_file):
    end_with_parent()
    order = json.loads(Path(order_file).read_text())
    progress = Progress(order["progressFile"], is_reporter=int(os.environ.get("RANK", "0")) == 0)
    logging.disable_progress_bar()
    try:
        check_processes(order)
        check_offload(order)
        progress.emit("environment", **environment(order))
        meet_others()
        train(order, progress)
    except Refused as refusal:
        # The first process, which reports all else, may be the one that is missing.
        speaker = progress if progress.file is not None else Progress(order["progressFile"], is_reporter=True)
        speaker.emit("failed", reason="TRAINER_FAILED", message=str(refusal))
        raise


def environment(order):
    """What the training runs on."""
    return {
        "versions": found_versions(),
        "knownVersions": known_versions(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "precision": order["optimisation"]["precision"],
        "quantisation": order["quantisation"],
        "sharding": order["sharding"],
        "processes": order["processes"],
    }


def train(order, progress):
    torch.manual_seed(order["seed"])
    trainer = prepared_trainer(order)
    trainer.add_callback(ProgressCallback(progress, lambda model: check_sharded(order, model)))
    trainer.add_callback(CheckpointClock(order["checkpointSeconds"]))
    trainer.train(resume_from_checkpoint=last_checkpoint(order["checkpointFolder"]))
    state = whole_state(trainer)
    if trainer.is_world_process_zero():
        save_result(order, trainer.accelerator.unwrap_model(trainer.model), state)
        progress.emit("finished")
    trainer.accelerator.wait_for_everyone()
    trainer.accelerator.end_training()


def prepared_trainer(order):
    """The order's trainer over its model and rows, before its first step."""
    with open(order["datasetFile"], encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    if needs_reference(order):
        score_own_share(order, rows)
    # DeepSpeed shares out a model while it is loaded, if it knows its settings by then.
    arguments = training_arguments(order)
    join_processes(order)
    if needs_reference(order):
        arguments.distributed_state.wait_for_everyone()
        rows = with_reference(order, rows)
    torch.manual_seed(order["seed"])
    return create_trainer(order, rows, (starting_model(order), starting_tokenizer(order), arguments))


if __name__ == "__main__":
    main(sys.argv[1])
