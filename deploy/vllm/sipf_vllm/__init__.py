"""Lets vLLM load adapters and weights from a SIPF artifact store, by digest (README.md)."""

from .probe import leave_probe
from .settings import read_settings


def register() -> None:
    """Entry point `vllm.general_plugins`, of every vLLM process: leaves the probe, and registers the resolver where SIPF_STORE is set."""
    leave_probe()
    settings = read_settings()
    if settings is None:
        return
    # vLLM is imported here alone, so that what is about names and files is tested without it.
    from vllm.lora.resolver import LoRAResolverRegistry

    from .resolver import StoreResolver

    LoRAResolverRegistry.register_resolver("sipf store", StoreResolver(settings))
