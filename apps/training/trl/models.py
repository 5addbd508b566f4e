"""The model that an order starts from."""

import json
from contextlib import nullcontext
from pathlib import Path

import torch
from peft import (
    LoraConfig,
    PeftConfig,
    PeftModel,
    TaskType,
    get_peft_model,
    get_peft_model_state_dict,
    load_peft_weights,
    set_peft_model_state_dict,
)
from transformers import PreTrainedTokenizerFast
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
)

from confidence import confident_class, start_confidence
from configs import has_confidence, starting_config
from quantisation import check_decoding, computing_dtype, quantised_loading
from sharding import undivided


def starting_model(order):
    """The model with its adapter or head; what is trained is in float32."""
    # What is shared out cannot be merged into.
    with undivided(order) if is_merged(order) else nullcontext():
        model = _fresh(order) if order["start"]["fresh"] else _pretrained(order)
        model.config.use_cache = False
        model = _with_adapter(order, model)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return model


def starting_tokenizer(order):
    """A tokenizer that only provides the padding token."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(order["start"]["folder"])
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def reference_model(order):
    """The start as it is on disk: what DPO and RPO measure against. Nothing of it is quantised."""
    model = _load(order, dtype=computing_dtype(order))
    adapter = order["start"]["adapterFolder"]
    return model if adapter is None else PeftModel.from_pretrained(model, adapter, config=_adapter_config(order, adapter))


def load_whole(order):
    """The start folder's model in float32, for a result that keeps its frozen weights as they are."""
    return _load(order, dtype=torch.float32)


def is_frozen(order):
    """Whether the decoder's own weights are never trained, so that they need not be float32."""
    return order["lora"] is not None or bool(order["objective"].get("headOnly"))


def is_merged(order):
    """Whether the start's adapter becomes part of the model."""
    return order["lora"] is None and order["start"]["adapterFolder"] is not None


def _fresh(order):
    config = starting_config(order)
    if has_confidence(order):
        model = confident_class(config)(config)
        start_confidence(model)
        return model
    return _family(order, config)._from_config(config, dtype=torch.float32)


def _pretrained(order):
    # A merged adapter would lose its small changes in a short type.
    is_short = is_frozen(order) and not is_merged(order)
    model = _load(order, dtype=computing_dtype(order) if is_short else torch.float32, **quantised_loading(order))
    check_decoding(order, model)
    if order["objective"].get("headOnly"):
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name.startswith("score")
        # transformers trains nothing but adapters on a model that says so; the head is none, and not quantised.
        model.is_quantized = False
    return model


def _load(order, **how):
    """A verifier's head that the folder lacks is drawn."""
    config = starting_config(order)
    kind = _family(order, config)
    # A short type would round what is trained before its first step.
    exact = type(kind.__name__, (kind,), {"_keep_in_fp32_modules_strict": _trained_whole(order)})
    model, report = exact.from_pretrained(order["start"]["folder"], config=config, output_loading_info=True, **how)
    if any(name.startswith("score_confidence.") for name in report["missing_keys"]):
        start_confidence(model)
    return model


def _family(order, config):
    if has_confidence(order):
        return confident_class(config)
    is_reward = order["objective"]["kind"] == "reward"
    return (MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING if is_reward else MODEL_FOR_CAUSAL_LM_MAPPING)[type(config)]


def _trained_whole(order):
    """Modules of a frozen model that are trained as they are, without an adapter."""
    lora = order["lora"]
    return [*_own_heads(order), *(lora["modulesToSave"] if lora is not None else [])]


def _with_adapter(order, model):
    lora, adapter = order["lora"], order["start"]["adapterFolder"]
    if adapter is not None:
        return _with_given_adapter(order, model, adapter)
    if lora is None:
        return model
    config = LoraConfig(
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora["dropout"],
        target_modules=lora["targetModules"] or all_linear(model),
        modules_to_save=[*_own_heads(order), *lora["modulesToSave"]] or None,
        # Keeps embedding and head tied where they share a matrix.
        ensure_weight_tying=bool(lora["modulesToSave"]),
        task_type=_task(order),
    )
    return get_peft_model(model, config)


def _own_heads(order):
    """A verifier's head is trained whole beside an adapter."""
    if order["objective"]["kind"] != "reward":
        return []
    return ["score", "score_confidence"] if has_confidence(order) else ["score"]


def _task(order):
    if has_confidence(order):
        return None
    return TaskType.TOKEN_CLS if order["objective"]["kind"] == "reward" else TaskType.CAUSAL_LM


def all_linear(model):
    """Names of the decoder's linear modules: all but heads. PEFT's `all-linear` would take a second head too."""
    layers = (module for name, module in model.named_modules() if name.endswith(".layers"))
    names = (name for layer in layers for name, module in layer.named_modules() if isinstance(module, torch.nn.Linear))
    return sorted({name.rsplit(".", 1)[-1] for name in names})


def _with_given_adapter(order, model, folder):
    """The adapter merged into the model, or trained further with its own settings; the service has compared them with the order's."""
    config = _adapter_config(order, folder)
    if order["lora"] is None:
        return _merged(model, folder, config)
    config.lora_dropout = order["lora"]["dropout"]
    config.modules_to_save = sorted({*(config.modules_to_save or []), *_own_heads(order)}) or None
    if order["objective"]["kind"] != "reward":
        return PeftModel.from_pretrained(model, folder, config=config, is_trainable=True)
    return _under_head(model, folder, config)


def _under_head(model, folder, config):
    """A policy's adapter has no head, which PEFT does not load: it stays the model's own."""
    config.inference_mode = False
    adapted = get_peft_model(model, config)
    given = load_peft_weights(folder, device="cpu")
    set_peft_model_state_dict(adapted, {**get_peft_model_state_dict(adapted), **given})
    return adapted


def _merged(model, folder, config):
    """PEFT freezes what it merges into, and looks for the head of a task that it knows in the adapter."""
    config.task_type = None
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    merged = PeftModel.from_pretrained(model, folder, config=config).merge_and_unload()
    for name, parameter in merged.named_parameters():
        parameter.requires_grad = name in trained
    return merged


def _adapter_config(order, folder):
    """
    Its kind of task is the order's: a policy's adapter goes under a verifier's head, and PEFT refuses a kind that it does not
    know.
    """
    fields = json.loads((Path(folder) / "adapter_config.json").read_text())
    return PeftConfig.from_peft_type(**{**fields, "task_type": _task(order)})
