"""A frozen decoder in 4 bits, as the engine's `nf4` and `nf4-double`: blocks of 64 weights, bitsandbytes' code book."""

import os

import torch
from transformers import BitsAndBytesConfig

from progress import Refused

BLOCK = 64
# Heads stay as they are on disk, as in the engine.
HEADS = ["score", "score_confidence", "lm_head"]


def quantised_loading(order):
    """What `from_pretrained` needs for the order's quantisation; empty for none."""
    if order["quantisation"] == "none":
        return {}
    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=order["quantisation"] == "nf4-double",
        bnb_4bit_compute_dtype=computing_dtype(order),
        llm_int8_skip_modules=HEADS,
    )
    return {"quantization_config": config, "device_map": {"": local_device()}}


def check_decoding(order, model):
    """bitsandbytes decodes rows that are no whole blocks wrongly on CPUs. Raises Refused for a model that has such."""
    if order["quantisation"] == "none" or torch.cuda.is_available():
        return
    linear = (module for module in model.modules() if type(module).__name__ == "Linear4bit")
    odd = next((module.in_features for module in linear if module.in_features % BLOCK), None)
    if odd is not None:
        raise Refused(f"rows of {odd} weights are not decoded rightly in 4 bits on CPUs: use no quantisation, or a GPU")


def computing_dtype(order):
    """What products are computed in."""
    return getattr(torch, order["optimisation"]["precision"])


def local_device():
    """This process's own device: quantised weights cannot be moved once they are loaded."""
    return int(os.environ.get("LOCAL_RANK", "0")) if torch.cuda.is_available() else "cpu"
