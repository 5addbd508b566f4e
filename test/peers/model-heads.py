"""Which of transformers' classes open a model folder, and what peft makes of an adapter.

Input: {"rows", "folders": {name: folder}, "classes": [name of a class], "adapters": {name: {"base", "folder", "class"}}}. Answer:
{name of folder: {name of class: {"logits"} or {"error"}}} and {name of adapter: {"logits"} or {"error"}}.
"""

import json
import logging
import sys
import warnings

import torch
import transformers

logging.disable(logging.WARNING)


def logits_of(model, rows):
    with torch.no_grad():
        return {"logits": [model.eval()(torch.tensor([row])).logits.flatten().tolist() for row in rows]}


def answered(compute):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            return compute()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:400]}


def opened(name, folder, **settings):
    return getattr(transformers, name).from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", **settings)


def adapted(case):
    from peft import PeftModel

    return PeftModel.from_pretrained(opened(case["class"], case["base"]), case["folder"])


def main():
    order = json.load(sys.stdin)
    rows = order["rows"]
    folders = {
        name: {kind: answered(lambda: logits_of(opened(kind, folder), rows)) for kind in order["classes"]}
        for name, folder in order["folders"].items()
    }
    adapters = {name: answered(lambda: logits_of(adapted(case), rows)) for name, case in order.get("adapters", {}).items()}
    print(json.dumps({"folders": folders, "adapters": adapters}))


main()
