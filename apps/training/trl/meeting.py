"""How long the processes of a training wait for each other before it begins."""

import os
from datetime import timedelta

import torch.distributed

from progress import Refused

# A machine may still be fetching its image.
DEFAULT_SECONDS = 600
# Ranks in a message; the others are counted.
NAMED = 16
# Lives as long as the process: others may still be waiting at the store of the first when that has met them all.
KEPT = []
VARIABLE = "SIPF_TRAINER_MEET_SECONDS"


def meeting_seconds():
    """The longest wait, in seconds; at least one."""
    return max(1, int(os.environ.get(VARIABLE, DEFAULT_SECONDS)))


def remedy(seconds):
    """What to look at where processes have not met."""
    return (
        "start a launcher on every machine with the same --nnodes, --rdzv-id and --rdzv-endpoint, let all of them reach that "
        f"endpoint, or wait longer than {seconds} s ({VARIABLE})"
    )


def meet_others():
    """
    Waits until every process of the training has come to the store of the first.

    Raises Refused with the ranks that have not: PyTorch would wait for half an hour, and say less.
    """
    processes, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if processes == 1:
        return
    address, seconds = f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}", meeting_seconds()
    names = [_name(one) for one in range(processes)]
    store = None
    try:
        store = _store(rank, seconds)
        KEPT.append(store)
        store.set(_name(rank), "here")
        store.wait(names, timedelta(seconds=seconds))
    except RuntimeError as error:
        absent = _absent(store, names)
        who = f"of {processes} processes rank {absent}" if absent else "the process that keeps the meeting"
        raise Refused(f"rank {rank} waited at {address} and {who} did not come: {remedy(seconds)}") from error


def _store(rank, seconds):
    # A launcher keeps the store for its workers; without one the first process does.
    hosts = rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True"
    address = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    return torch.distributed.TCPStore(
        *address, is_master=hosts, timeout=timedelta(seconds=seconds), wait_for_workers=False, multi_tenant=True
    )


def _name(rank):
    return f"sipf/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}/rank/{rank}"


def _absent(store, names):
    """Ranks that have left no word, in words; empty where nobody can be asked."""
    if store is None:
        return ""
    try:
        absent = [str(rank) for rank, name in enumerate(names) if not store.check([name])]
    except RuntimeError:
        return ""
    more = f" and {len(absent) - NAMED} more" if len(absent) > NAMED else ""
    return ", ".join(absent[:NAMED]) + more
