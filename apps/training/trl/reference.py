"""
The log-probabilities that DPO and RPO measure against: those of the model that the training starts from, computed once for every
pair before the training. So no second model is held while it runs, and a resumed training has the same reference. Each process
scores its share before it joins the others, and leaves it in a file beside the order.
"""

import gc
import json
import os
from pathlib import Path

import torch

from models import reference_model, starting_tokenizer
from pairs import PairCollator, add_head, log_probs
from quantisation import computing_dtype, local_device


def needs_reference(order):
    return order["objective"]["kind"] in ("dpo", "rpo")


def score_own_share(order, rows):
    """Writes this process's share, unless an earlier attempt has done so."""
    rank = int(os.environ.get("RANK", "0"))
    file = _share(order, rank)
    if file.exists():
        return
    scores = _scores(order, rows[rank :: order["processes"]])
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(scores))
    os.replace(partial, file)


def with_reference(order, rows):
    """The rows with the scores of all processes, which have all written theirs."""
    shares = [json.loads(_share(order, rank).read_text()) for rank in range(order["processes"])]
    scores = [shares[index % len(shares)][index // len(shares)] for index in range(len(rows))]
    sides = ("chosen", "rejected")
    return [{**row, "reference": dict(zip(sides, score, strict=True))} for row, score in zip(rows, scores, strict=True)]


def _share(order, rank):
    return Path(order["datasetFile"]).with_name(f"reference-{rank}-of-{order['processes']}.json")


@torch.no_grad()
def _scores(order, rows):
    """[chosen, rejected] of every pair, in nats."""
    if not rows:
        return []
    device = torch.device("cuda", local_device()) if torch.cuda.is_available() else torch.device("cpu")
    model = reference_model(order).to(device).eval()
    add_head(model)
    collate = PairCollator(starting_tokenizer(order).pad_token_id or 0)
    size = order["optimisation"]["rowsPerProcess"]
    dtype = computing_dtype(order)
    scores = []
    with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
        for start in range(0, len(rows), size):
            batch = {name: values.to(device) for name, values in collate(rows[start : start + size]).items()}
            sums = log_probs(model, batch, batch["completion_mask"]).sum(1)
            scores += torch.stack(sums.chunk(2), dim=1).tolist()
    del model
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return scores
