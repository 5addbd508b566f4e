"""The artifact that a training writes: the folder of an adapter or of a whole model."""

import json
import os
import shutil
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from configs import OWN_TASK_TYPE, has_confidence, name_own_head
from models import load_whole
from progress import Refused
from sharding import undivided

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
)


def save_result(order, model, state):
    """
    Writes the result; its folder appears when it is complete.

    state: the model's tensors, whole on this process. Raises Refused for a trained tensor that is missing or empty.
    """
    _check_whole(model, state)
    output = Path(order["outputFolder"])
    partial = output.with_name(f"{output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    save = _save_model if order["lora"] is None else _save_adapter
    save(order, model, (state, partial))
    os.rename(partial, output)


def _check_whole(model, state):
    """A sharded parameter that was not gathered is an empty tensor under its own name."""
    trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    wrong = [name for name in trained if name not in state or state[name].numel() == 0]
    if wrong:
        raise Refused(f"{len(wrong)} of {len(trained)} trained tensors were not gathered, such as {wrong[0]}")


def _save_model(order, model, result):
    state, folder = result
    if order["objective"].get("headOnly"):
        model, state = _with_frozen_decoder(order, state)
    model.config.use_cache = True
    model.save_pretrained(folder, state_dict=_without_ties(model, state))
    if has_confidence(order):
        name_own_head(folder)
    start = Path(order["start"]["folder"])
    names = TOKENIZER_FILES if order["objective"]["kind"] == "reward" else (*TOKENIZER_FILES, "generation_config.json")
    for name in names:
        if (start / name).exists():
            shutil.copyfile(start / name, folder / name)


def _with_frozen_decoder(order, state):
    """The decoder as it was before it was frozen in a shorter type, under the trained head."""
    with undivided(order):
        whole = load_whole(order)
    heads = {name: tensor for name, tensor in state.items() if name.startswith("score")}
    whole.load_state_dict(heads, strict=False)
    return whole, whole.state_dict()


def _without_ties(model, state):
    """A matrix that has two names is written once; the second is found by the configuration."""
    tied = set(model.all_tied_weights_keys) if model.config.tie_word_embeddings else set()
    return {name: tensor for name, tensor in state.items() if name not in tied}


def _save_adapter(order, model, result):
    """As PEFT does, with the base's digest and a verifier's template in the weights' metadata."""
    state, folder = result
    model.save_pretrained(folder, state_dict=state)
    config = folder / "adapter_config.json"
    fields = json.loads(config.read_text())
    # A path of this machine, and a set whose order changes from run to run, would change the digest.
    fields["base_model_name_or_path"] = None
    if isinstance(fields["target_modules"], list):
        fields["target_modules"] = sorted(fields["target_modules"])
    if has_confidence(order):
        fields["task_type"] = OWN_TASK_TYPE
    config.write_text(json.dumps(fields, indent=2, sort_keys=True))
    _add_metadata(order, folder / "adapter_model.safetensors")


def _add_metadata(order, weights):
    with safe_open(weights, "pt") as tensors:
        held = {name: tensors.get_tensor(name) for name in tensors.keys()}
    template = order["objective"].get("promptTemplate")
    metadata = {"format": "pt", "sipf.base_digest": order["start"]["digest"]}
    save_file(held, weights, {**metadata, **({} if template is None else {"sipf.prompt_template": template})})
    _sort_metadata(weights)


def _sort_metadata(weights):
    """safetensors writes metadata in an order that changes from run to run, and with it the digest."""
    data = weights.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    fields = json.loads(data[8:end])
    fields["__metadata__"] = dict(sorted(fields["__metadata__"].items()))
    header = json.dumps(fields, separators=(",", ":")).encode()
    # Tensors begin at a multiple of 8.
    header += b" " * (-len(header) % 8)
    weights.write_bytes(len(header).to_bytes(8, "little") + header + data[end:])
