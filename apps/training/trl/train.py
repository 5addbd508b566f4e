"""Trains by an order with TRL and transformers: argv is the order's file, see ../src/trl/order.ts.

The training service runs it, alone or as every process of `torchrun`. It writes events to the order's progress file, one JSON
object per line, and the result to the order's output folder. Exits with 0 once the result is complete.
"""

import json
import os
import sys
from pathlib import Path

import torch
from transformers.utils import logging

from arguments import training_arguments
from models import save_result, starting_model
from parent import end_with_parent
from progress import Progress, ProgressCallback, last_checkpoint
from trainers import create_trainer


def main(order_file):
    end_with_parent()
    order = json.loads(Path(order_file).read_text())
    torch.manual_seed(order["seed"])
    logging.disable_progress_bar()
    progress = Progress(order["progressFile"], is_reporter=int(os.environ.get("RANK", "0")) == 0)
    model, tokenizer = starting_model(order)
    arguments = training_arguments(order)
    trainer = create_trainer(order, model, tokenizer, arguments)
    trainer.add_callback(ProgressCallback(progress))
    trainer.train(resume_from_checkpoint=last_checkpoint(order["checkpointFolder"]))
    trainer.accelerator.wait_for_everyone()
    if trainer.is_world_process_zero():
        save_result(order, trainer.accelerator.unwrap_model(trainer.model))
        progress.emit("finished")
    trainer.accelerator.wait_for_everyone()
    trainer.accelerator.end_training()


if __name__ == "__main__":
    main(sys.argv[1])
