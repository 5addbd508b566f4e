"""The model that an order starts from, and the artifact that its training writes."""

import json
import os
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, PeftConfig, PeftModel, TaskType, get_peft_model
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForTokenClassification, PreTrainedTokenizerFast

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


def starting_model(order):
    """The model with its adapter or head, in float32, and a tokenizer that only provides the padding token."""
    folder = order["start"]["folder"]
    model = _fresh(order) if order["start"]["fresh"] else _pretrained(order)
    model.config.use_cache = False
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return _with_adapter(order, model), tokenizer


def _kind(order):
    is_reward = order["objective"]["kind"] == "reward"
    return AutoModelForTokenClassification if is_reward else AutoModelForCausalLM


def _config(order):
    """The folder's configuration, with the extra fields of a verifier."""
    folder, objective = order["start"]["folder"], order["objective"]
    if objective["kind"] != "reward":
        return AutoConfig.from_pretrained(folder)
    config = AutoConfig.from_pretrained(folder, num_labels=2)
    config.classifier_dropout = 0.0
    config.sipf_verifier_features = "hidden"
    if objective["promptTemplate"] is not None:
        config.sipf_prompt_template = objective["promptTemplate"]
    return config


def _fresh(order):
    return _kind(order).from_config(_config(order), dtype=torch.float32)


def _pretrained(order):
    model = _kind(order).from_pretrained(order["start"]["folder"], config=_config(order), dtype=torch.float32)
    if order["objective"].get("headOnly"):
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name.startswith("score.")
    return model


def _with_adapter(order, model):
    lora, adapter = order["lora"], order["start"]["adapterFolder"]
    if adapter is not None:
        return _with_given_adapter(model, adapter, lora)
    if lora is None:
        return model
    is_reward = order["objective"]["kind"] == "reward"
    config = LoraConfig(
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora["dropout"],
        target_modules=lora["targetModules"] or "all-linear",
        modules_to_save=[*(["score"] if is_reward else []), *lora["modulesToSave"]] or None,
        # Keeps embedding and head tied where they share a matrix.
        ensure_weight_tying=bool(lora["modulesToSave"]),
        task_type=TaskType.TOKEN_CLS if is_reward else TaskType.CAUSAL_LM,
    )
    return get_peft_model(model, config)


def _with_given_adapter(model, folder, lora):
    """The adapter merged into the model, or trained further with its own settings; the service has compared them with the order's."""
    if lora is None:
        return PeftModel.from_pretrained(model, folder).merge_and_unload()
    config = PeftConfig.from_pretrained(folder)
    config.lora_dropout = lora["dropout"]
    return PeftModel.from_pretrained(model, folder, config=config, is_trainable=True)


def save_result(order, model):
    """Writes the folder of an adapter or of the whole model; the folder appears when it is complete."""
    output = Path(order["outputFolder"])
    partial = output.with_name(f"{output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    if order["lora"] is None:
        _save_model(order, model, partial)
    else:
        _save_adapter(order, model, partial)
    os.rename(partial, output)


def _save_model(order, model, folder):
    model.config.use_cache = True
    model.save_pretrained(folder)
    start = Path(order["start"]["folder"])
    names = TOKENIZER_FILES if order["objective"]["kind"] == "reward" else (*TOKENIZER_FILES, "generation_config.json")
    for name in names:
        if (start / name).exists():
            shutil.copyfile(start / name, folder / name)


def _save_adapter(order, model, folder):
    """As PEFT does, with the base's digest and a verifier's template in the weights' metadata."""
    model.save_pretrained(folder)
    config = folder / "adapter_config.json"
    fields = json.loads(config.read_text())
    # A path of this machine, and a set whose order changes from run to run, would change the digest.
    fields["base_model_name_or_path"] = None
    if isinstance(fields["target_modules"], list):
        fields["target_modules"] = sorted(fields["target_modules"])
    config.write_text(json.dumps(fields, indent=2, sort_keys=True))
    weights = folder / "adapter_model.safetensors"
    with safe_open(weights, "pt") as tensors:
        held = {name: tensors.get_tensor(name) for name in tensors.keys()}
    template = order["objective"].get("promptTemplate")
    metadata = {"format": "pt", "sipf.base_digest": order["start"]["digest"]}
    save_file(held, weights, {**metadata, **({} if template is None else {"sipf.prompt_template": template})})
