"""Reads of at most so many bytes that memory does not hold them, where there is less to be read: of standard input, and `os.read`."""

import io
import operator
import os
import sys

_MOST = 2**20
_MOST_AT_ONCE = 2**24
_read = os.read


def read(fd, length, /):
    return _read(fd, min(operator.index(length), _MOST_AT_ONCE))


class BufferedReader(io.BufferedReader):
    __module__ = "_io"

    def __repr__(self):
        return f"<_io.BufferedReader name={self.name!r}>"

    def read(self, size=-1, /):
        if size is None or size <= _MOST:
            return super().read(size)
        parts = []
        while size > 0 and (part := super().read(min(size, _MOST))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def read1(self, size=-1, /):
        return super().read1(min(size, _MOST))


def open_input():
    """Standard input as the interpreter opens it, but for its buffer."""
    raw = io.FileIO(0, closefd=False)
    raw.name = "<stdin>"
    before = sys.stdin
    text = io.TextIOWrapper(BufferedReader(raw), encoding=before.encoding, errors=before.errors)
    text.mode = "r"
    return text
