"""The transformers side of the verifier's benchmark: one JSON object a line in, one out."""

import json
import sys
import time

import torch
from transformers import AutoModelForTokenClassification


@torch.inference_mode()
def score(model, rows, ends, batch, by_length):
    order = sorted(range(len(rows)), key=lambda row: len(rows[row])) if by_length else list(range(len(rows)))
    scores = [None] * len(rows)
    start = time.perf_counter()
    for at in range(0, len(order), batch):
        some = order[at : at + batch]
        width = max(len(rows[row]) for row in some)
        ids = torch.tensor([rows[row] + [0] * (width - len(rows[row])) for row in some], device=model.device)
        mask = torch.tensor(
            [[1] * len(rows[row]) + [0] * (width - len(rows[row])) for row in some], device=model.device
        )
        correct = model(input_ids=ids, attention_mask=mask).logits.float().softmax(-1)[..., 1].tolist()
        for row, values in zip(some, correct):
            scores[row] = [values[end] for end in ends[row]]
    return {"ms": 1000 * (time.perf_counter() - start), "scores": scores}


def main():
    torch.set_num_threads(int(sys.argv[2]))
    device, precision = sys.argv[3:5]
    model = AutoModelForTokenClassification.from_pretrained(
        sys.argv[1], dtype=getattr(torch, precision), attn_implementation="sdpa"
    )
    model = model.eval().to(device)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(score(model, **json.loads(line))), flush=True)


main()
