"""The plugin's settings, from the environment."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional

from .store import hex_of


@dataclass(frozen=True)
class Settings:
    """`base` is the digest of the folder that --model names."""

    store: Path
    base: str


def read_settings(environment: Mapping[str, str] = os.environ) -> Optional[Settings]:
    """None without SIPF_STORE. Raises ValueError, which ends the server's start, for settings that cannot be right."""
    store = environment.get("SIPF_STORE")
    if not store:
        return None
    base = environment.get("SIPF_BASE_DIGEST", "")
    if hex_of(base) is None:
        raise ValueError(f"SIPF_BASE_DIGEST must be sha256: and 64 hex digits, the digest of the served model; is {base!r}")
    if not os.path.isdir(store):
        raise ValueError(f"SIPF_STORE must be the folder of an artifact store; {store!r} is none")
    return Settings(Path(store), base)
