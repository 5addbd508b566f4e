

# The end of `concurrent.futures.thread` in the sandbox: a worker does what is handed in at once, and does not wait for more.
def _work(pool):
    while True:
        try:
            item = pool._work_queue.get_nowait()
        except queue.Empty:
            return
        if item is not None:
            item.run()


def _begin_worker(pool):
    if pool._initializer is not None:
        try:
            pool._initializer(*pool._initargs)
        except BaseException:
            _base.LOGGER.critical("Exception in initializer:", exc_info=True)
            pool._initializer_failed()
            return
    _work(pool)


def _employ(pool):
    idle = pool.__dict__.setdefault("_idle", [])
    if idle:
        worker = idle.pop()
        threading._run_again(worker, lambda: _work(pool))
    elif len(pool._threads) < pool._max_workers:
        name = f"{pool._thread_name_prefix}_{len(pool._threads)}"
        worker = threading.Thread(name=name, target=_begin_worker, args=(pool,))
        pool._threads.add(worker)
        worker.start()
    else:
        # All are at work, further out; one of them will come to it.
        return
    idle.append(worker)


_hand_in = ThreadPoolExecutor.submit
ThreadPoolExecutor._adjust_thread_count = lambda pool: None


def _submit(self, fn, /, *args, **kwargs):
    future = _hand_in(self, fn, *args, **kwargs)
    _employ(self)
    return future


_submit.__name__ = "submit"
_submit.__qualname__ = "ThreadPoolExecutor.submit"
ThreadPoolExecutor.submit = _submit
