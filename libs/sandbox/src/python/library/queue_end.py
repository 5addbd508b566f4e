

# The end of `queue` in the sandbox: the one written in C waits where nobody can refuse it.
SimpleQueue = _PySimpleQueue
SimpleQueue.__name__ = SimpleQueue.__qualname__ = "SimpleQueue"
