"""Folders of an artifact store, found by digest. Names and files only: nothing here needs vLLM."""

import json
import os
import re
import struct
from pathlib import Path
from typing import Optional

ADAPTER_FILE = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
BASE_KEY = "sipf.base_digest"
# Headers are a few kilobytes; a length of garbage must not be read into memory.
MAX_HEADER = 100 * 1024 * 1024


def hex_of(digest: str) -> Optional[str]:
    """The 64 digits of `sha256:<hex>`; None for any other name, so that no name is ever part of a path."""
    match = re.fullmatch(r"sha256:([0-9a-f]{64})", digest, re.ASCII)
    return match[1] if match else None


def folder_of(store: Path, digest: str) -> Optional[Path]:
    """The folder of that digest in the store; None where the store lacks it, or keeps a link in its stead."""
    name = hex_of(digest)
    if name is None:
        return None
    path = store / "folders" / name
    return path if path.is_dir() and not path.is_symlink() else None


def adapter_of(store: Path, digest: str, base: str) -> Optional[Path]:
    """The adapter's folder; None where it is not there, is no adapter, or was trained on another base."""
    path = folder_of(store, digest)
    if path is None or not (path / ADAPTER_CONFIG).is_file():
        return None
    metadata = read_metadata(path / ADAPTER_FILE)
    return path if metadata is not None and metadata.get(BASE_KEY) == base else None


def model_of(store: Path, digest: str) -> Optional[Path]:
    """The folder of whole weights; None where it is not there, or lacks what vLLM reads."""
    path = folder_of(store, digest)
    if path is None or not (path / "config.json").is_file():
        return None
    return path if any(path.glob("*.safetensors")) else None


# What says how a folder was written, and nothing about what is computed.
WRITTEN = {"_name_or_path", "transformers_version", "use_cache", "dtype", "torch_dtype"}


def difference(served: Path, other: Path) -> Optional[str]:
    """The first field in which two models' configurations differ: weights are replaced, configurations are not. None for none."""
    try:
        first, second = (json.loads((path / "config.json").read_text()) for path in (served, other))
    except (OSError, ValueError):
        return "which cannot be read"
    fields = sorted((set(first) | set(second)) - WRITTEN)
    return next((field for field in fields if first.get(field) != second.get(field)), None)


def read_metadata(file: Path) -> Optional[dict]:
    """The metadata of a safetensors file; None for a file that is none."""
    try:
        with open(file, "rb") as stream:
            (size,) = struct.unpack("<Q", stream.read(8))
            if size > min(MAX_HEADER, os.path.getsize(file)):
                return None
            header = json.loads(stream.read(size))
    except (OSError, ValueError, struct.error):
        return None
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else None
    return metadata if isinstance(metadata, dict) else None
