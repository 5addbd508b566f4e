

# The end of `threading` in the sandbox: see _one_thread.
import _one_thread, _thread

_start_joinable_thread = _thread.start_joinable_thread = _one_thread.start_joinable_thread
_thread.start_new_thread = _thread.start_new = _one_thread.start_new_thread
get_ident = _thread.get_ident = get_native_id = _thread.get_native_id = _one_thread.get_ident
Thread.native_id = property(lambda thread: thread.ident)
_thread.interrupt_main = _one_thread.interrupt_main
_thread.lock = _thread.LockType = _one_thread.Lock
Lock = _allocate_lock = _thread.allocate_lock = _thread.allocate = _one_thread.Lock
_ThreadHandle = _one_thread.Handle
_main_thread._handle = _one_thread.Handle(_main_thread.ident)
_CRLock = None
_thread.RLock = RLock
from _threading_local import local

_thread._local = local
_report = excepthook


def excepthook(args, /):
    if args.exc_type is not _one_thread.ThreadWaits:
        _report(args)


# They are refused where they are asked for, and not in the thread, which would end without a word.
def settrace(func):
    _sys.settrace(func)


def setprofile(func):
    _sys.setprofile(func)


settrace_all_threads, setprofile_all_threads = settrace, setprofile


def _run_again(thread, function):
    """Lets a thread that came to its end do something more."""
    _active[thread.ident] = thread
    try:
        _one_thread.run(function, thread._handle)
    finally:
        del _active[thread.ident]
