"""Lets vLLM load adapters and weights from a SIPF artifact store, by digest (README.md)."""

from .settings import read_settings


def register() -> None:
    """Entry point `vllm.general_plugins`: registers the resolver in every vLLM process where SIPF_STORE is set."""
    settings = read_settings()
    if settings is None:
        return
    # vLLM is imported here alone, so that what is about names and files is tested without it.
    from vllm.lora.resolver import LoRAResolverRegistry

    from .resolver import StoreResolver

    LoRAResolverRegistry.register_resolver("sipf store", StoreResolver(settings))
