"""An extension of vLLM's workers (--worker-extension-cls sipf_vllm.worker.StoreWorker)."""

import time
from pathlib import Path
from typing import Optional, Tuple

from .settings import read_settings
from .store import difference, model_of

# A client that was lost in the middle keeps others from loading no longer than this.
CLAIM_SECONDS = 600.0


class StoreWorker:
    """Methods for POST /collective_rpc. Each answers with what happened; an exception in a worker could end the engine.

    Clients that load weights claim the server first, so that two of them are never in the middle at once. Calls reach every
    worker in the same order, so that all of them grant the same claim.
    """

    # A class attribute: vLLM mixes this class into its worker, whose constructor knows nothing of it.
    _sipf_claim: Optional[Tuple[str, float]] = None

    def sipf_claim(self, token: str) -> dict:
        now = time.monotonic()
        claim = self._sipf_claim
        if claim is not None and claim[0] != token and now - claim[1] < CLAIM_SECONDS:
            return {"granted": False}
        self._sipf_claim = (token, now)
        return {"granted": True}

    def sipf_release(self, token: str) -> dict:
        if self._sipf_claim is not None and self._sipf_claim[0] == token:
            self._sipf_claim = None
        return {"released": True}

    def sipf_has_model(self, digest: str) -> dict:
        """Whether this worker finds whole weights of that digest, so that nothing is paused for what is not there."""
        settings = read_settings()
        if settings is None:
            return {"found": False, "why": "SIPF_STORE is not set"}
        path = model_of(settings.store, digest)
        if path is None:
            return {"found": False, "why": f"the store has no model {digest}"}
        field = difference(Path(self.vllm_config.model_config.model), path)
        if field is not None:
            return {"found": False, "why": f"config.json/{field} of {digest} differs from the served model's"}
        return {"found": True}

    def sipf_reload(self, digest: str) -> dict:
        """Replaces the weights by those of that digest. The folder is looked at first: vLLM does not survive a wrong path."""
        known = self.sipf_has_model(digest)
        if not known["found"]:
            return {"loaded": False, "why": known["why"]}
        settings = read_settings()
        self.reload_weights(weights_path=str(model_of(settings.store, digest)))
        repack_heads(self.model_runner.get_model())
        return {"loaded": True}


def repack_heads(model) -> None:
    """On CPUs vLLM 0.32 keeps a packed copy of a head beside its weight, and does not renew that of a head whose weight is the
    embedding's: it would go on answering with the old model's head. Modules that keep their weight are the ones concerned."""
    for module in model.modules():
        weight = getattr(module, "weight", None)
        if hasattr(module, "cpu_linear") and weight is not None and weight.numel() > 0:
            module.quant_method.process_weights_after_loading(module)
