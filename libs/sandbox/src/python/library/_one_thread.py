"""Threads where there is one: what a thread is to do runs to its end when it is started, and nobody else has a turn until then.

That is an order of events which threads may have, unless one waits for what another does: to wait is refused then, not guessed.
"""

import sys
import time
import _thread
from _contextvars import Context

_allocate = _thread.allocate_lock
_sleep = time.sleep
_main = _thread.get_ident()
_last = [_main]
_running = []
# What a thread was refused, from the first time on.
refused = []


class ThreadWaits(BaseException):
    """Beyond `except Exception`, and raised again by every start: what a program does afterwards is not what it would do with threads."""


def refuse():
    refused.append(
        ThreadWaits(
            "a started thread would wait here (for a lock, a queue, an event, another thread or the clock): "
            "in this sandbox it runs to its end when it is started, so that nothing can happen meanwhile"
        )
    )
    raise refused[0]


def get_ident():
    return _running[-1] if _running else _main


def new_ident():
    _last[0] += 4096
    return _last[0]


def run(function, ident):
    """Runs it as the thread of that number: context variables and the event loop are a thread's own."""
    events = sys.modules.get("asyncio.events")
    loop = events and events._get_running_loop()
    if loop:
        events._set_running_loop(None)
    _running.append(ident)
    try:
        Context().run(function)
    finally:
        _running.pop()
        if loop:
            events._set_running_loop(loop)
    if refused:
        raise refused[0]


def sleep(seconds, /):
    _sleep(seconds)
    if _running and seconds > 0:
        refuse()


class Handle:
    """What `Thread` keeps of its thread."""

    def __init__(self, ident=None):
        self.ident = ident
        self._done = False

    def is_done(self):
        return self._done

    def _set_done(self):
        self._done = True

    def join(self, timeout=None):
        if not self._done and timeout != 0:
            refuse()


def start_joinable_thread(function, handle=None, daemon=True):
    handle = handle or Handle()
    handle.ident = new_ident()
    try:
        run(function, handle.ident)
    finally:
        handle._set_done()
    return handle


def start_new_thread(function, args, kwargs={}, /):
    def thread():
        try:
            function(*args, **kwargs)
        except SystemExit:
            pass
        except ThreadWaits:
            raise
        except BaseException as error:
            import traceback

            print(f"Exception ignored in thread started by: {function!r}", file=sys.stderr)
            traceback.print_exception(error)

    return start_joinable_thread(thread).ident


class Lock:
    __slots__ = ("_lock", "__weakref__")

    def __init__(self):
        self._lock = _allocate()

    def acquire(self, blocking=True, timeout=-1):
        if _running and blocking and timeout != 0 and self._lock.locked():
            refuse()
        return self._lock.acquire(blocking, timeout)

    def release(self):
        self._lock.release()

    def locked(self):
        return self._lock.locked()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self._lock.release()

    def __repr__(self):
        return repr(self._lock)

    def _at_fork_reinit(self):
        self._lock._at_fork_reinit()
