"""Settings of an adapter that no server can load: vLLM's refusal names the highest rank that it was started with."""

import json
import os
from pathlib import Path

# Clients ask for the folder by this name, which vLLM expands itself.
PROBE = "~/.cache/sipf-vllm/rank-probe"
SETTINGS = {"peft_type": "LORA", "r": 1_000_000, "lora_alpha": 1, "target_modules": ["q_proj"]}


def leave_probe(folder: str = PROBE) -> bool:
    """Whether it is there: a home that cannot be written to must not end the server's start."""
    path = Path(os.path.expanduser(folder))
    new = path / f"adapter_config.json.{os.getpid()}"
    try:
        path.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(SETTINGS))
        # Several processes of a server do this at once.
        os.replace(new, path / "adapter_config.json")
    except OSError:
        return False
    return True
