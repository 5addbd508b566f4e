"""How many tokens' logits TRL's fused head holds at a time."""

import torch

# Without Triton a token takes some eight copies of its part of the vocabulary: 1.1 MiB in float32.
TOKENS_ON_CPU = 256


def bound_tiles():
    """
    Keeps the head's memory flat on CPUs. There a tile of 4,096 tokens, TRL's, is 4.5 GiB; on GPUs it is one copy, at most half of
    a GiB, and stays.
    """
    try:
        from trl.kernels import chunked_logprob
    except ImportError:
        # A version that has another head.
        return
    if not torch.cuda.is_available():
        chunked_logprob.TOKEN_CHUNK_SIZE = TOKENS_ON_CPU
