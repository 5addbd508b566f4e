

# The end of `threading` in the sandbox: see _one_thread.
import _one_thread, _thread

_start_joinable_thread = _thread.start_joinable_thread = _one_thread.start_joinable_thread
_thread.start_new_thread = _thread.start_new = _one_thread.start_new_thread
get_ident = _thread.get_ident = _one_thread.get_ident
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



def _run_again(thread, function):
    """Lets a thread that came to its end do something more."""
    _active[thread.ident] = thread
    try:
        _one_thread.run(function, thread.ident)
    finally:
        del _active[thread.ident]
