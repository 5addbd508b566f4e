

# The end of `queue` in the sandbox: the C version waits where the wait cannot be refused.
SimpleQueue = _PySimpleQueue
SimpleQueue.__name__ = SimpleQueue.__qualname__ = "SimpleQueue"
