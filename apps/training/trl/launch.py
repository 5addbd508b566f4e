"""torchrun on one of a training's machines: argv is its flags and, at the end, the order's file.

Waits for the other machines' launchers no longer than meeting.py says, reports it when they do not come, and ends when the
service does.
"""

import json
import os
import socket
import sys
from pathlib import Path

from torch.distributed import run
from torch.distributed.elastic.rendezvous.api import RendezvousError

from meeting import meeting_seconds, remedy
from parent import end_with_parent
from progress import Progress

TRAINER = Path(__file__).with_name("train.py")


def main(flags, order_file):
    end_with_parent()
    seconds = meeting_seconds()
    # The first is the wait for the other launchers, the second for the one that keeps the meeting's store.
    waits = f"--rdzv-conf=join_timeout={seconds},read_timeout={seconds}"
    try:
        run.main([waits, *flags, str(TRAINER), order_file])
    except RendezvousError as error:
        progress_file = Path(json.loads(Path(order_file).read_text())["progressFile"])
        # They had met, and the launcher that kept the meeting was lost: the service starts all of them again.
        if progress_file.exists() and progress_file.stat().st_size > 0:
            raise
        message = f"the launcher on {socket.gethostname()} {_node()}waited at {_endpoint(flags)}: {error}: {remedy(seconds)}"
        Progress(progress_file, is_reporter=True).emit("failed", reason="TRAINER_FAILED", message=message)
        sys.exit(message)


def _endpoint(flags):
    named = [flag.split("=", 1)[1] for flag in flags if flag.startswith("--rdzv-endpoint=")]
    return named[-1] if named else "its own rendezvous"


def _node():
    """The number of a pod of an indexed Job."""
    index = os.environ.get("JOB_COMPLETION_INDEX")
    return "" if index is None else f"(machine {index}) "


if __name__ == "__main__":
    main(sys.argv[1:-1], sys.argv[-1])
