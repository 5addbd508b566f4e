"""Threads where there is one: what a thread is to do runs to its end when it is started, and nobody else has a turn until then.

That is an order of events which threads may have, unless one waits for what another does: to wait is refused then, not guessed.
"""

import operator
import sys
import time
import _thread
from _contextvars import Context

_allocate = _thread.allocate_lock
_sleep = time.sleep
_interrupt = _thread.interrupt_main
_frame = sys._getframe
_set_limit = sys.setrecursionlimit
_main = _thread.get_ident()
_last = [_main]
_running = []
_MOST = 2**31 - 1
# The limit as programs know it, and the calls that lie outside of the thread that runs: they are none of its own.
_limit = [sys.getrecursionlimit(), 0]
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


def refuse_in_thread():
    if _running:
        refuse()


def get_ident():
    return _running[-1] if _running else _main


def new_ident():
    _last[0] += 4096
    return _last[0]


def _depth():
    """How many calls lie outside of the caller."""
    frame, calls = _frame(1), 0
    while frame := frame.f_back:
        calls += 1
    return calls


def _reserve(outside):
    """Lets the limit count from there on."""
    _limit[1] = outside
    try:
        _set_limit(min(_limit[0] + outside, _MOST))
    except RecursionError:
        # A thread set it below where its starter is, whose next call finds that out.
        pass


def setrecursionlimit(limit, /):
    limit = operator.index(limit)
    _set_limit(min(limit + _limit[1], _MOST) if 0 < limit <= _MOST else limit)
    _limit[0] = limit


def getrecursionlimit():
    return _limit[0]


def run(function, handle):
    """Runs it as the thread of that handle: recursion, context variables and the event loop are a thread's own."""
    events = sys.modules.get("asyncio.events")
    loop = events and events._get_running_loop()
    if loop:
        events._set_running_loop(None)
    outside = _limit[1]
    _running.append(handle.ident)
    try:
        _reserve(_depth())
        handle.context.run(function)
    finally:
        _running.pop()
        _reserve(outside)
        if loop:
            events._set_running_loop(loop)
    if refused:
        raise refused[0]


def sleep(seconds, /):
    _sleep(seconds)
    if seconds > 0:
        refuse_in_thread()


def interrupt_main(signum=2, /):
    """In a thread it would be the starter that is interrupted, at a time of its own."""
    refuse_in_thread()
    _interrupt(signum)


class Handle:
    """What `Thread` keeps of its thread."""

    def __init__(self, ident=None):
        self.ident = ident
        self.context = Context()
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
        run(function, handle)
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
        if blocking and timeout != 0 and self._lock.locked():
            refuse_in_thread()
        return self._lock.acquire(blocking, timeout)

    def release(self):
        self._lock.release()

    def locked(self):
        return self._lock.locked()

    acquire_lock, release_lock, locked_lock = acquire, release, locked

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self._lock.release()

    def __repr__(self):
        return repr(self._lock)

    def _at_fork_reinit(self):
        self._lock._at_fork_reinit()
