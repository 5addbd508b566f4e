"""Has each check of the TRL trainer look at what it must refuse, and at what it must let pass; answers with what each said."""

import json
import os
import sys
from pathlib import Path

folder = Path(__file__).parents[2] / "apps" / "training" / "trl"
sys.path.insert(0, str(folder))

import torch  # noqa: E402
from progress import Refused  # noqa: E402
from quantisation import check_decoding  # noqa: E402
from results import save_result  # noqa: E402
from sharding import check_offload, check_processes, check_sharded  # noqa: E402


class Linear4bit(torch.nn.Linear):
    """By its name what bitsandbytes makes of a linear layer."""


def said(check, *args):
    try:
        check(*args)
    except Refused as refusal:
        return str(refusal)
    return ""


def main():
    model = torch.nn.Linear(4, 2)
    shared = torch.nn.Linear(4, 2)
    shared.weight.ds_id = 1
    state = {name: tensor.detach() for name, tensor in model.named_parameters()}
    os.environ["WORLD_SIZE"] = "2"
    answers = {
        "processes": [said(check_processes, {"processes": 3}), said(check_processes, {"processes": 2})],
        "offload": [said(check_offload, {"offloadActivations": asked}) for asked in (True, False)],
        "fsdp2": [said(check_sharded, {"sharding": kind}, model) for kind in ("fsdp2", "ddp")],
        "zero3": [said(check_sharded, {"sharding": "zero3"}, one) for one in (model, shared)],
        "decoding": [
            said(check_decoding, {"quantisation": kind}, torch.nn.Sequential(Linear4bit(width, 2)))
            for kind, width in (("nf4", 96), ("nf4", 128), ("none", 96))
        ],
        "gathered": [
            said(save_result, {"outputFolder": "/nowhere/result", "lora": None}, model, given)
            for given in ({**state, "weight": torch.empty(0)}, {"bias": state["bias"]})
        ],
    }
    print(json.dumps(answers))


main()
