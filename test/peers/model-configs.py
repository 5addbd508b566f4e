"""What transformers makes of model folders, and folders that it makes.

Input: {"rows": [[id, ...], ...], "open": [{"name", "folder", "auto"}], "make": [{"name", "folder", "fields"}],
"generate": [{"name", "folder", "prompt", "count"}]}. Answer: for each name of "open" and "make" {"logits": one flat list a row} or
{"error"}; for each of "generate" {"tokens": those that it writes greedily}.
"""

import json
import logging
import sys

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

logging.disable(logging.WARNING)


def logits_of(model, rows):
    # Some RoPE keeps the longest length that it has seen, so that every row has a model of its own.
    with torch.no_grad():
        return [model().eval()(torch.tensor([row]), use_cache=False).logits.flatten().tolist() for row in rows]


def opened(case):
    auto = getattr(transformers, case.get("auto") or "AutoModelForCausalLM")
    model, info = auto.from_pretrained(case["folder"], dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    strange = [str(info[kind]) for kind in ("missing_keys", "mismatched_keys", "error_msgs") if info[kind]]
    if strange:
        raise ValueError("; ".join(strange))
    return model


def made(case):
    config = AutoConfig.for_model(**case["fields"])
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    model.save_pretrained(case["folder"])


def answered(compute):
    try:
        return compute()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def generated(case):
    settings = GenerationConfig(max_new_tokens=case["count"], do_sample=False, eos_token_id=None, pad_token_id=0)
    prompt = torch.tensor([case["prompt"]])
    return opened(case).eval().generate(prompt, generation_config=settings)[0, prompt.shape[1] :].tolist()


def main():
    order = json.load(sys.stdin)
    rows, answers = order["rows"], {}
    for case in order.get("make", []):
        problem = answered(lambda: made(case))
        answers[case["name"]] = problem or answered(lambda: {"logits": logits_of(lambda: opened(case), rows)})
    for case in order.get("open", []):
        answers[case["name"]] = answered(lambda: {"logits": logits_of(lambda: opened(case), rows)})
    for case in order.get("generate", []):
        answers[case["name"]] = answered(lambda: {"tokens": generated(case)})
    print(json.dumps(answers))


main()
