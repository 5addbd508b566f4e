"""Names what takes a size only as "no more than" or "not beyond": there the largest of 32 bits is as good as one of 64."""

import array
import bz2
import collections
import functools
import io
import itertools
import re
import zlib

SPLITS = ("replace", "split", "rsplit")
SEARCHES = ("findall", "finditer", "fullmatch", "match", "scanner", "search", "split", "sub", "subn")
METHODS = (
    (str, SPLITS),
    (bytes, SPLITS),
    (bytearray, (*SPLITS, "insert", "pop")),
    (list, ("insert", "pop")),
    (array.array, ("insert", "pop")),
    (collections.deque, ("insert",)),
    (re.Pattern, SEARCHES),
    (io.BytesIO, ("read", "read1", "readline", "readlines")),
    (io.StringIO, ("read", "readline")),
    (io.BufferedReader, ("readline",)),
    (io.TextIOWrapper, ("read", "readline", "readlines")),
    (type(zlib.decompressobj()), ("decompress",)),
    (zlib._ZlibDecompressor, ("decompress",)),
    (bz2.BZ2Decompressor, ("decompress",)),
)
MAKERS = (itertools.islice, functools._lru_cache_wrapper)
INITIALIZERS = (collections.deque,)

methods = [id(getattr(kind, name)) for kind, names in METHODS for name in names]
makers = [id(kind) for kind in MAKERS]
initializers = [id(kind) for kind in INITIALIZERS]
listing = "|".join(",".join(map(str, ids)) for ids in (methods, makers, initializers))
