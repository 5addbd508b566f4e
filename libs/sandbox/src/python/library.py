"""Compiles the standard library into an archive from which a program's imports need no compiling."""

import importlib.util
import io
import marshal
import zipfile

LEFT_OUT = (
    "_pyodide/ _pyrepl/ ctypes/ concurrent/futures/process ensurepip/ idlelib/ multiprocessing/ pydoc pyodide site-packages/ "
    "sysconfig/ turtle venv/ webbrowser wsgiref/ xmlrpc/"
).split()


def compile_library(source, target, replaced):
    """Reads the archive `source`, writes `target`; `replaced` gives the text of modules that are exchanged."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as after:
        for name in before.namelist():
            if name.endswith(".py") and not name.startswith(tuple(LEFT_OUT)):
                text = replaced.get(name) or before.read(name)
                code = compile(text, f"/lib/python313.zip/{name}", "exec", optimize=2, dont_inherit=True)
                header = importlib.util.MAGIC_NUMBER + bytes(12)
                after.writestr(zipfile.ZipInfo(name + "c"), header + marshal.dumps(code))
