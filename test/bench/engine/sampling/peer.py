"""The transformers side of the sampling benchmark: one JSON object a line in, one out."""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM


def load(folder, threads, device, precision, adapter=None):
    torch.set_num_threads(threads)
    dtype = getattr(torch, precision)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa").eval().to(device)
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    if adapter is None:
        return model
    from peft import PeftModel

    return PeftModel.from_pretrained(model, adapter).eval()


@torch.inference_mode()
def generate(model, prompts, n, new_tokens, greedy):
    ids = torch.tensor(prompts, device=model.device)
    how = {"do_sample": False} if greedy else {"do_sample": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0}
    start = time.perf_counter()
    out = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        num_return_sequences=n,
        min_new_tokens=new_tokens,
        max_new_tokens=new_tokens,
        **how,
    )
    # Reading them waits for the device.
    new = out[:, ids.shape[1] :].tolist()
    return {"ms": 1000 * (time.perf_counter() - start), "ids": new}


def main():
    folder, threads, *others = sys.argv[1:]
    model = load(folder, int(threads), *others)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(generate(model, **json.loads(line))), flush=True)


main()
