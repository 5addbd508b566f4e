"""Records what transformers computes of a tiny Phi-3 with LongRoPE; its result is ../../fixtures/longrope.json.

python test/parity/longrope/record.py > test/fixtures/longrope.json   (torch, transformers; seconds)

The weights are a formula, so that none are stored: element i of the k-th tensor, in the order of `names`, is
0.4 sin(1.3 i + k), and 1 + that / 4 in a norm.
"""

import copy
import json
import sys

import numpy as np
import torch
import transformers
from transformers import Phi3Config, Phi3ForCausalLM

CONFIG = {
    "model_type": "phi3",
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 12,
    "vocab_size": 13,
    "max_position_embeddings": 64,
    "original_max_position_embeddings": 8,
    "rms_norm_eps": 1e-5,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "tie_word_embeddings": False,
    "partial_rotary_factor": 0.75,
    "rope_theta": 10000.0,
    "rope_scaling": {"type": "longrope", "short_factor": [1.0, 1.1, 1.5], "long_factor": [1.2, 2.5, 6.0]},
}
ROWS = [[1, 3, 5, 7, 9], [1, 4, 6, 8, 10, 12, 3, 5], [1, 4, 6, 8, 10, 12, 3, 5, 7], [1, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 4]]
NEW_TOKENS = 3


def weights_of(model):
    state = model.state_dict()
    for k, name in enumerate(state):
        size = state[name].numel()
        values = 0.4 * np.sin(1.3 * np.arange(size, dtype=np.float64) + k)
        values = 1 + values / 4 if "norm" in name else values
        state[name] = torch.from_numpy(values.astype(np.float32)).view(state[name].shape)
    model.load_state_dict(state)
    return list(state)


def logits_of(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids]), use_cache=False).logits[0]


def greedy(model, ids):
    written = list(ids)
    for _ in range(NEW_TOKENS):
        written.append(int(logits_of(model, written)[-1].argmax()))
    return written[len(ids) :]


def main():
    model = Phi3ForCausalLM(Phi3Config(**copy.deepcopy(CONFIG), attn_implementation="eager")).float().eval()
    names = weights_of(model)
    rows = [
        {"ids": ids, "last_logits": logits_of(model, ids)[-1].tolist(), "greedy": greedy(model, ids)} for ids in ROWS
    ]
    rotary = model.model.rotary_emb
    json.dump(
        {
            "made_by": f"test/parity/longrope/record.py, transformers {transformers.__version__}, torch {torch.__version__}",
            "config": CONFIG,
            "names": names,
            "attention_factor": rotary.attention_scaling,
            "rows": rows,
        },
        sys.stdout,
        indent=1,
    )
    sys.stdout.write("\n")


main()
