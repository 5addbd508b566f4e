

# The end of `concurrent.futures` in the sandbox: there are no processes, and `import *` asks for none.
__all__ = tuple(name for name in __all__ if name != "ProcessPoolExecutor")
