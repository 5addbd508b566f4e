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
        ids = torch.tensor([rows[row] + [0] * (width - len(rows[row])) for row in some])
        mask = torch.tensor([[1] * len(rows[row]) + [0] * (width - len(rows[row])) for row in some])
        correct = model(input_ids=ids, attention_mask=mask).logits.softmax(-1)[..., 1].tolist()
        for row, values in zip(some, correct):
            scores[row] = [values[end] for end in ends[row]]
    return {"ms": 1000 * (time.perf_counter() - start), "scores": scores}


def main():
    torch.set_num_threads(int(sys.argv[2]))
    model = AutoModelForTokenClassification.from_pretrained(sys.argv[1], dtype=torch.float32, attn_implementation="sdpa").eval()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(score(model, **json.loads(line))), flush=True)


main()
