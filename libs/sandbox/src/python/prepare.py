"""Runs once, in the interpreter whose memory becomes the image that every program starts from."""

import sys

# As on 64 bits, before any module reads it: programs take it for infinity, over numbers that 32 bits do not hold.
sys.maxsize = 2**63 - 1

import array, atexit, bisect, builtins, cmath, collections, copy, datetime, functools, gc, heapq, itertools, json, math, operator
import os, random, re, string, struct, sys, time, typing  # noqa: F401  (they start loaded in every program)

import _one_thread, _wide_reads

time.sleep = _one_thread.sleep
sys.setrecursionlimit, sys.getrecursionlimit = _one_thread.setrecursionlimit, _one_thread.getrecursionlimit
os.read = _wide_reads.read
sys.stdin = sys.__stdin__ = _wide_reads.open_input()

engine = f"cpython {sys.version.split()[0]}"
main = sys.modules["__main__"].__dict__
MAX_TEXT = 4000
MAX_FRAMES = 20


def refuse(name):
    def refused(*args, **_options):
        # To have none is what programs get anyway, and what the library asks for when it puts back what it found.
        if args != (None,):
            raise RuntimeError(f"{name} is not available to programs")

    return refused


sources = {}


def describe(error):
    """The error in one line, then its frames in the program and its tests; parted by a record separator."""
    try:
        text = str(error)
    except BaseException as broken:
        text = f"<{type(broken).__name__} while it was printed>"
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    frames, last = [], collections.deque(maxlen=MAX_FRAMES // 2)
    trace, seen = error.__traceback__, 0
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename in sources:
            lines = sources[code.co_filename].split("\n")
            line = lines[trace.tb_lineno - 1].strip() if 0 < trace.tb_lineno <= len(lines) else ""
            # Of a deep recursion a million.
            (frames if len(frames) < MAX_FRAMES // 2 else last).append(
                f'  File "{code.co_filename}", line {trace.tb_lineno}, in {code.co_name}\n    {line}'
            )
            seen += 1
        trace = trace.tb_next
    if seen > MAX_FRAMES:
        frames.append("  ...")
    frames += last
    described = message[:MAX_TEXT] + "\x1e" + "\n".join(frames)[:MAX_TEXT]
    return described.replace("\0", "").encode("utf-8", "backslashreplace").decode()


def leaves_well(error, int=int, type=type, issubclass=issubclass):
    """Whether a process that ends by this `SystemExit` has status 0; says on the error stream what is not a number, as it does."""
    try:
        code = error.code
    except BaseException:
        code = error
    if code is None:
        return True
    if issubclass(type(code), int):
        status = int.__int__(code)
        return -(2**63) <= status < 2**63 and status & 0xFF == 0
    try:
        sys.stderr.write(f"{code}\n")
    except BaseException:
        pass
    return False


def uncaught(
    error, own=sys.excepthook, leaves_well=leaves_well, type=type, getattr=getattr, leaving=SystemExit, every=BaseException
):
    """Calls the program's `sys.excepthook`, if it has one; whether it then leaves with status 0."""
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    sys.last_exc = error
    hook = getattr(sys, "excepthook", own)
    if hook is own:
        return False
    try:
        hook(type(error), error, error.__traceback__)
    except leaving as end:
        return leaves_well(end)
    except every:
        pass
    return False


def check_threads(refused=_one_thread.refused):
    """A program that caught what its threads were refused has failed all the same."""
    if refused:
        raise refused[0]


def reseed():
    random.seed()


def flush(out=sys.stdout.flush, err=sys.stderr.flush):
    out()
    err()


def finish(list=list, getattr=getattr, end=atexit._run_exitfuncs, flush=flush):
    """What a process does when its script is over."""
    end()
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except BaseException:
            pass
    # Runs finalisers and flushes files left open: private names first, as when a module ends.
    for is_public in (False, True):
        for name in list(main):
            if name[:1] != "_" if is_public else name[:1] == "_" != name[1:2]:
                main[name] = None
    flush()


def without(holder, names):
    """Takes functions out of every dictionary that knows them: nothing brings them back, a reload included."""
    for name in names:
        function = holder.__dict__.pop(name, None)
        for knower in gc.get_referrers(function) if function is not None else ():
            if isinstance(knower, dict):
                for key in [key for key, value in knower.items() if value is function]:
                    del knower[key]
        setattr(holder, name, refuse(f"{holder.__name__}.{name}"))


def settle():
    """Leaves nothing of the boot behind that a program should not see, and as little as possible to copy."""
    # With them a program could jump over an assertion that runs above it or change the tests between two of their lines.
    without(sys, ["settrace", "setprofile", "_settraceallthreads", "_setprofileallthreads", "addaudithook"])
    without(sys, ["_clear_type_cache", "_debugmallocstats", "_stats_on", "call_tracing"])
    for name in dir(sys.monitoring):
        if not name.isupper() and not name.startswith("_") and name != "events":
            without(sys.monitoring, [name])
    os.environ.clear()
    # What was printed before a program is killed is not lost.
    sys.stdout.reconfigure(line_buffering=True)
    sys.argv[:] = ["program.py"]
    main["__file__"] = "/program.py"
    sys.path_importer_cache.pop("/lib/python3.13", None)
    sys._clear_internal_caches()
    gc.collect()
    gc.freeze()
