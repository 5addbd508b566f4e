"""How a training's model is spread over its processes: each holds all (ddp) or a share of every tensor (fsdp2, zero3)."""

import os
from contextlib import contextmanager

import torch
from torch.distributed.fsdp import MixedPrecisionPolicy

from progress import Refused


def sharding_arguments(order):
    """TrainingArguments' fields for the order's sharding and its recomputation of layers."""
    recompute = order["optimisation"]["recomputeLayers"]
    if order["sharding"] == "fsdp2":
        # FSDP's own recomputation wraps layers: PEFT would not find an adapter under the names that it gives them.
        config = {"version": 2, "state_dict_type": "SHARDED_STATE_DICT"}
        return {"fsdp": True, "fsdp_config": config, "activation_checkpointing": recompute}
    if order["sharding"] == "zero3":
        return {"deepspeed": _zero3(order), "activation_checkpointing": recompute, **_reentrant(order)}
    return {"activation_checkpointing": recompute}


def set_fsdp_precision(order, arguments):
    """
    What FSDP computes in: weights are rounded as they are gathered. accelerate's policy would also round what the model returns,
    losses and log-probabilities among them, and the gradients that processes add up.
    """
    precision = getattr(torch, order["optimisation"]["precision"])
    if order["sharding"] == "fsdp2" and precision != torch.float32:
        policy = MixedPrecisionPolicy(param_dtype=precision, reduce_dtype=torch.float32)
        arguments.fsdp_plugin_args["mixed_precision_policy"] = policy


def _reentrant(order):
    """DeepSpeed frees a layer's weights after its forward pass, so that a second one must not compare with the first."""
    return {"activation_checkpointing_kwargs": {"use_reentrant": True}} if order["optimisation"]["recomputeLayers"] else {}


def _zero3(order):
    precision = order["optimisation"]["precision"]
    return {
        "zero_optimization": {
            "stage": 3,
            # Small tensors are shared out too: what is kept whole would be kept in every process.
            "stage3_param_persistence_threshold": 0,
            "stage3_gather_16bit_weights_on_model_save": True,
        },
        "bf16": {"enabled": precision == "bfloat16"},
        "fp16": {"enabled": precision == "float16"},
        "train_micro_batch_size_per_gpu": "auto",
        "gradient_accumulation_steps": "auto",
        "gradient_clipping": "auto",
        "train_batch_size": "auto",
        # PyTorch's AdamW as everywhere else, not one that is compiled on first use.
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,
    }


def join_processes(order):
    """Lets DeepSpeed know of the others, which it asks for while the model is loaded."""
    if order["sharding"] == "zero3":
        import deepspeed

        deepspeed.init_distributed()


@contextmanager
def undivided(order):
    """A model is loaded whole, maybe by one process alone: DeepSpeed would share it out, and wait for the others."""
    if order["sharding"] != "zero3":
        yield
        return
    from transformers.integrations import deepspeed

    settings = deepspeed._hf_deepspeed_config_weak_ref()
    deepspeed.unset_hf_deepspeed_config()
    try:
        yield
    finally:
        deepspeed.set_hf_deepspeed_config(settings)


@contextmanager
def whole(parameter):
    """The parameter as a whole on every process, where DeepSpeed has shared it out while the model is loaded; to be changed."""
    if not hasattr(parameter, "ds_id"):
        yield
        return
    import deepspeed

    # What the first process has written is everybody's.
    with deepspeed.zero.GatheredParameters([parameter], modifier_rank=0):
        yield


def check_processes(order):
    """The rows of an update are shared out over as many processes as the order names. Raises Refused for others."""
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes != order["processes"]:
        raise Refused(f"the order is for {order['processes']} processes and {processes} were started")


def check_offload(order):
    """Raises Refused where activations have no other memory to go to."""
    if order["offloadActivations"] and not torch.cuda.is_available():
        raise Refused("activations of a training on CPUs are in the host's memory: leave --trainer-offload out, or use a GPU")


def check_sharded(order, model):
    """
    Libraries fall back to whole models in silence where they cannot shard, e.g. FSDP on CPUs.

    Raises Refused where the order's sharding is not in effect.
    """
    marks = {"fsdp2": _is_distributed, "zero3": lambda parameter: hasattr(parameter, "ds_id")}
    mark = marks.get(order["sharding"])
    if mark is not None and not any(mark(parameter) for parameter in model.parameters()):
        raise Refused(f"sharding {order['sharding']} is not in effect on this device: use ddp, or GPUs")


def _is_distributed(parameter):
    return isinstance(parameter, torch.distributed.tensor.DTensor)


def whole_state(trainer):
    """The trained model's tensors, whole, on the first process; every process must take part."""
    state = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    return state if trainer.is_world_process_zero() else None
