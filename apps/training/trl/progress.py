"""The events of a training, and the checkpoint that it resumes from."""

import json
import math
import os
import time
from pathlib import Path

import torch
from transformers import TrainerCallback

# Fields of transformers' logs that are not values of the step.
NOT_OF_A_STEP = {"epoch", "step", "total_flos"}


class Refused(Exception):
    """What the trainer cannot do with an order, in words for the people who gave it."""


class Progress:
    """A file of one JSON object per line; only one process of a training writes it."""

    def __init__(self, path, is_reporter):
        self.file = open(path, "a", encoding="utf-8") if is_reporter else None

    def emit(self, event, **fields):
        if self.file is None:
            return
        self.file.write(json.dumps({"event": event, **fields}) + "\n")
        self.file.flush()
        os.fsync(self.file.fileno())


class ProgressCallback(TrainerCallback):
    """Emits the start, every step (those before the checkpoint again) and a loss that is NaN or infinite."""

    def __init__(self, progress, check):
        """check: called with the model as it is trained, before the first step."""
        self.progress = progress
        self.check = check

    def on_train_begin(self, args, state, control, model=None, **kwargs):
        self.check(model)
        self.progress.emit("started", totalSteps=state.max_steps)
        for logs in state.log_history:
            if "loss" in logs:
                self._step(logs["step"], logs)

    def on_log(self, args, state, control, logs=None, **kwargs):
        if logs is not None and "loss" in logs:
            self._step(state.global_step, logs)

    def on_save(self, args, state, control, **kwargs):
        self.progress.emit("checkpoint", step=state.global_step)

    def _step(self, step, logs):
        values = {name: float(value) for name, value in logs.items() if name not in NOT_OF_A_STEP}
        wrong = sorted(name for name, value in values.items() if not math.isfinite(value))
        if "loss" in wrong or "grad_norm" in wrong:
            self.progress.emit("failed", reason="TRAINING_DIVERGED", message=f"{', '.join(wrong)} of step {step} is not a number")
            raise FloatingPointError(f"step {step} diverged")
        finite = {name: value for name, value in values.items() if name not in wrong}
        self.progress.emit("step", step=step, epoch=float(logs.get("epoch", 0)), values=finite)


class CheckpointClock(TrainerCallback):
    """Asks for a checkpoint after a step, where the one before is older than some seconds."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.since = time.monotonic()

    def on_train_begin(self, args, state, control, **kwargs):
        self.since = time.monotonic()

    def on_step_end(self, args, state, control, **kwargs):
        if _first_process_says(time.monotonic() - self.since >= self.seconds, args.device):
            control.should_save = True

    def on_save(self, args, state, control, **kwargs):
        self.since = time.monotonic()


def _first_process_says(yes, device):
    """The same on every process: a checkpoint is written by all of them together."""
    if not torch.distributed.is_initialized():
        return yes
    answer = torch.tensor([int(yes)], device=device)
    torch.distributed.broadcast(answer, src=0)
    return bool(answer.item())


def last_checkpoint(folder):
    """The latest whole checkpoint: its state is written last."""
    whole = [state.parent for state in Path(folder).glob("checkpoint-*/trainer_state.json") if _is_json(state)]
    return str(max(whole, key=lambda path: int(path.name.split("-")[1]))) if whole else None


def _is_json(path):
    try:
        json.loads(path.read_text())
        return True
    except ValueError:
        return False
