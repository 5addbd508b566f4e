"""Ends a trainer when the service that started it ends."""

import os
import stat
import sys
import threading


def end_with_parent():
    """Ends this process at the end of standard input, where that is the service's pipe or socket."""
    if os.environ.get("SIPF_TRAINER_STDIN") != "1":
        return
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        threading.Thread(target=_wait, daemon=True).start()


def _wait():
    while os.read(sys.stdin.fileno(), 1024):
        pass
    # Other threads may be in a collective operation that will never end.
    os._exit(75)
