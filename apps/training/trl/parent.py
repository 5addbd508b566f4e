"""Ends a trainer when what started it ends: the service, or a launcher that was killed."""

import os
import stat
import sys
import threading
import time

LOOK_SECONDS = 1


def end_with_parent():
    """
    Ends this process at the end of standard input, where that is the service's pipe or socket, and with its `torchrun`: workers
    are sessions of their own, which a killed launcher leaves behind.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ:
        threading.Thread(target=_wait_for_launcher, args=[os.getppid()], daemon=True).start()
    if os.environ.get("SIPF_TRAINER_STDIN") != "1":
        return
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        threading.Thread(target=_wait, daemon=True).start()


def _wait():
    while os.read(sys.stdin.fileno(), 1024):
        pass
    _end()


def _wait_for_launcher(launcher):
    while os.getppid() == launcher:
        time.sleep(LOOK_SECONDS)
    _end()


def _end():
    # Other threads may be in a collective operation that will never end.
    os._exit(75)
