"""The resolver: vLLM asks it for every model name that it does not know."""

from typing import Optional

from vllm.lora.request import LoRARequest
from vllm.lora.resolver import LoRAResolver

from .settings import Settings
from .store import adapter_of, hex_of


class StoreResolver(LoRAResolver):
    """`sha256:<hex>` is the adapter of that digest, where it was trained on the served base; any other name is unknown."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def resolve_lora(self, base_model_name: str, lora_name: str) -> Optional[LoRARequest]:
        path = adapter_of(self._settings.store, lora_name, self._settings.base)
        if path is None:
            return None
        # vLLM numbers requests itself; a number of the digest's own keeps them apart where it does not.
        number = 1 + int((hex_of(lora_name) or "0")[:7], 16)
        return LoRARequest(lora_name=lora_name, lora_int_id=number, lora_path=str(path))
