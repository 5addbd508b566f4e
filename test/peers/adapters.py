"""Adapters as PEFT makes and reads them: what each says of the same tokens, on tiny bases of several families."""

import json
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import torch  # noqa: E402
import transformers  # noqa: E402
from peft import AutoPeftModelForCausalLM, LoraConfig, PeftModel, get_peft_model  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM  # noqa: E402

transformers.logging.set_verbosity_error()

SIZES = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 4,
    "vocab_size": 32,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
}


def make_base(folder, name, fields):
    torch.manual_seed(0)
    config = AutoConfig.for_model(**{**SIZES, **fields})
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.save_pretrained(folder / name)


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def log_probs(model, ids):
    """Of every token but the first."""
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits[0].double()
    table = torch.log_softmax(logits, -1)
    return [table[at, token].item() for at, token in enumerate(ids[1:])]


def read(base, adapter, ids):
    torch.manual_seed(2)
    return log_probs(PeftModel.from_pretrained(load(base), adapter).eval(), ids)


def make(folder, case):
    """Writes an adapter none of whose tensors is what it began as."""
    torch.manual_seed(1)
    model = get_peft_model(load(folder / case["base"]), LoraConfig(task_type="CAUSAL_LM", **case["settings"]))
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data += 0.3 * torch.randn_like(parameter)
    model.save_pretrained(folder / case["name"])


def answer(order):
    folder, ids = Path(order["folder"]), order["ids"]
    for name, fields in order["bases"].items():
        make_base(folder, name, fields)
    made = {}
    for case in order["cases"]:
        make(folder, case)
        made[case["name"]] = read(folder / case["base"], folder / case["name"], ids)
    ours = {name: read(base, adapter, ids) for name, (base, adapter) in order["ours"].items()}
    alone = log_probs(AutoPeftModelForCausalLM.from_pretrained(order["alone"], dtype=torch.float32).eval(), ids)
    fields = sorted(set(LoraConfig.__dataclass_fields__) | {"peft_type"})
    return {"made": made, "ours": ours, "alone": alone, "fields": fields}


print(json.dumps(answer(json.load(sys.stdin))))
