"""The configuration that a model is loaded by, and the words that config.json has for heads that transformers lacks."""

import json
from pathlib import Path

from transformers import AutoConfig

# As libs/models/src/config/own-heads.ts writes them: transformers' Auto classes must not open such a model without its head.
OWN_PREFIX = "sipf_"
OWN_TASK_TYPE = "SIPF_PROCESS_REWARD"
NO_WEIGHTS = "none: transformers has no class for this head"


def has_confidence(order):
    return order["objective"].get("features") == "hidden+confidence"


def starting_config(order):
    """The start folder's configuration, with a verifier's own fields."""
    fields = json.loads((Path(order["start"]["folder"]) / "config.json").read_text())
    fields.pop("transformers_weights", None)
    config = AutoConfig.for_model(fields.pop("model_type").removeprefix(OWN_PREFIX), **fields)
    objective = order["objective"]
    if objective["kind"] == "reward":
        config.num_labels = objective["labels"]
        config.classifier_dropout = 0.0
        config.sipf_verifier_features = objective["features"]
        if objective["promptTemplate"] is not None:
            config.sipf_prompt_template = objective["promptTemplate"]
    return config


def name_own_head(folder):
    """Marks a saved model as one whose head transformers does not compute."""
    file = folder / "config.json"
    fields = json.loads(file.read_text())
    family = fields["architectures"][0].removesuffix("ForCausalLM")
    fields["architectures"] = [f"Sipf{family}ForProcessReward"]
    fields["model_type"] = OWN_PREFIX + fields["model_type"]
    fields["transformers_weights"] = NO_WEIGHTS
    file.write_text(json.dumps(fields, indent=2, sort_keys=True))
