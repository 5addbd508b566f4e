"""A verifier whose head also sees how sure the model is of the path: the engine's head `hidden+confidence`."""

import torch
import torch.nn.functional as F
from torch import nn
from transformers.modeling_outputs import TokenClassifierOutput
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from sharding import whole

# Logits of this many tokens are there at a time.
TOKENS_AT_A_TIME = 256


def confident_class(config):
    """The family's language model with the two heads beside its own; parameters are named as the engine names them."""
    family = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]

    class Confident(family):
        def __init__(self, config):
            super().__init__(config)
            self.score = nn.Linear(config.hidden_size, config.num_labels)
            self.score_confidence = nn.Linear(1, config.num_labels, bias=False)
            self.post_init()
            # Nothing trains the language model's head, unless it is the embedding too.
            if not config.tie_word_embeddings:
                self.lm_head.requires_grad_(False)

        def forward(self, input_ids, attention_mask, completion_mask, **_):
            hidden = self.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False).last_hidden_state
            confidence = self.confidence(hidden, input_ids, completion_mask)[..., None]
            logits = self.score(hidden) + self.score_confidence(confidence.to(hidden.dtype))
            return TokenClassifierOutput(logits=logits)

        @torch.no_grad()
        def confidence(self, hidden, input_ids, completion_mask):
            """[B, T]: the smallest log-probability of the path's tokens so far; 0 before the path."""
            tokens = _log_probs(self, hidden[:, :-1].reshape(-1, hidden.shape[-1]), input_ids[:, 1:].reshape(-1))
            shifted = F.pad(tokens.view(input_ids.shape[0], -1), (1, 0))
            return torch.cummin(shifted * completion_mask, dim=1).values

    Confident.__name__ = family.__name__
    return Confident


def start_confidence(model):
    """A fresh head's belief: a path is the less credible, the less likely the model finds it; as the engine starts it."""
    weight = model.score_confidence.weight
    with whole(weight):
        weight.data.copy_(torch.tensor([[1.0]] if len(weight) == 1 else [[-0.5], [0.5]]))


def _log_probs(model, hidden, targets):
    softcap = getattr(model.config, "final_logit_softcapping", None)
    parts = []
    for states, wanted in zip(hidden.split(TOKENS_AT_A_TIME), targets.split(TOKENS_AT_A_TIME), strict=True):
        logits = model.lm_head(states).float()
        if softcap is not None:
            logits = softcap * torch.tanh(logits / softcap)
        parts.append(logits.gather(-1, wanted[:, None])[:, 0] - logits.logsumexp(-1))
    return torch.cat(parts)
