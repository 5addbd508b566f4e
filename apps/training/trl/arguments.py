"""An order's optimisation as transformers' arguments."""

import os

import torch
from transformers import TrainingArguments
from trl import SFTConfig

from sharding import set_fsdp_precision, sharding_arguments

SCHEDULES = {"constant": "constant_with_warmup", "linear": "linear", "cosine": "cosine"}


def training_arguments(order):
    """TrainingArguments, or TRL's subclass for the order's objective."""
    arguments = _of_objective(order, _common(order))
    set_fsdp_precision(order, arguments)
    return arguments


def _of_objective(order, common):
    if order["objective"]["kind"] != "sft":
        return TrainingArguments(**common)
    own = {"max_length": None, "packing": False, "loss_type": "nll", "dataset_kwargs": {"skip_prepare_dataset": True}}
    return SFTConfig(**common, **own, activation_offloading=order["offloadActivations"])


def _common(order):
    settings = order["optimisation"]
    return {
        "output_dir": order["checkpointFolder"],
        "use_cpu": not torch.cuda.is_available(),
        # A single process has no group, and would fail without an initialised back end.
        "ddp_backend": "gloo" if "WORLD_SIZE" in os.environ and not torch.cuda.is_available() else None,
        "ddp_find_unused_parameters": False,
        "per_device_train_batch_size": settings["rowsPerProcess"],
        "gradient_accumulation_steps": settings["accumulation"],
        "max_steps": settings["maxSteps"] or -1,
        "num_train_epochs": settings["epochs"] or 1.0,
        "learning_rate": settings["learningRate"],
        "lr_scheduler_type": SCHEDULES[settings["schedule"]],
        # Below 1 it is a fraction of all steps.
        "warmup_steps": min(settings["warmupRatio"], 1 - 1e-9),
        "optim": "adamw_torch",
        "adam_beta1": settings["beta1"],
        "adam_beta2": settings["beta2"],
        "adam_epsilon": settings["epsilon"],
        "weight_decay": settings["weightDecay"],
        "max_grad_norm": settings["maxGradNorm"],
        **sharding_arguments(order),
        "train_sampling_strategy": "group_by_length" if settings["groupByLength"] else "random",
        "bf16": settings["precision"] == "bfloat16",
        "fp16": settings["precision"] == "float16",
        "seed": order["seed"],
        "data_seed": order["seed"],
        "save_strategy": "steps",
        "save_steps": order["checkpointEvery"],
        "save_total_limit": 2,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "report_to": [],
        "remove_unused_columns": False,
        "dataloader_drop_last": False,
    }
