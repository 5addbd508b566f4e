"""Compiles the standard library into an archive from which a program's imports need no compiling."""

import importlib.util
import io
import marshal
import zipfile

LEFT_OUT = (
    "_pyodide/ _pyrepl/ ctypes/ concurrent/futures/process ensurepip/ idlelib/ multiprocessing/ pydoc pyodide site-packages/ "
    "turtle venv/ webbrowser wsgiref/ xmlrpc/"
).split()


# In `re`, numbers of 64 bits are compared as they are written, and counted by a function at the module's end.
EDITS = {
    "re/_parser.py": (
        (b"min = int(lo)", b"min = _repetitions(lo)"),
        (b"max = int(hi)", b"max = _repetitions(hi)"),
        (b"if max < min:", b"if int(hi) < int(lo or 0):"),
    ),
}


def text_of(name, before, ends):
    """A module's text as the sandbox has it."""
    text = before.read(name)
    for old, new in EDITS.get(name, ()):
        if text.count(old) != 1:
            raise ValueError(f"{name} is another: {old} is not in it once")
        text = text.replace(old, new)
    return text + ends.get(name, "").encode()


def compile_library(source, target, own, ends):
    """Reads the archive `source`, writes `target`; `own` gives the text of modules that are exchanged or added, `ends` what is added to others."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as after:
        for name in dict.fromkeys([*before.namelist(), *own]):
            if name.endswith(".py") and not name.startswith(tuple(LEFT_OUT)):
                text = own.get(name) or text_of(name, before, ends)
                code = compile(text, f"/lib/python313.zip/{name}", "exec", optimize=2, dont_inherit=True)
                header = importlib.util.MAGIC_NUMBER + bytes(12)
                after.writestr(zipfile.ZipInfo(name + "c"), header + marshal.dumps(code))
