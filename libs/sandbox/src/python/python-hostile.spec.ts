import { afterAll, describe, expect, it } from 'vitest';
import { SandboxPool } from '../sandbox-pool.ts';
import type { Outcome } from '../verdict.ts';

const pool = new SandboxPool({
  processes: 1,
  limits: { wallTimeMs: 10_000, memoryLimitMiB: 24, maxOutputBytes: 4_000 },
});
afterAll(() => pool.close());

type Ending = Outcome['outcome'];
const late: Ending[] = ['timed-out'];
const hungry: Ending[] = ['out-of-memory', 'timed-out'];
const refused: Ending[] = ['failed'];

const hostile: Readonly<Record<string, readonly [code: string, endings: readonly Ending[]]>> = {
  'an endless loop': ['while True: pass', late],
  'an endless loop that catches everything': [
    'while True:\n  try:\n    while True: pass\n  except BaseException: pass',
    late,
  ],
  'an endless loop in finally': ['try:\n  1/0\nfinally:\n  while True: pass', late],
  'an endless loop in __del__': [
    'class A:\n  def __del__(self):\n    while True: pass\na = A()\ndel a',
    late,
  ],
  'an endless loop in __str__ of its error': [
    'class E(Exception):\n  def __str__(self):\n    while True: pass\nraise E()',
    late,
  ],
  'an endless sum': ['sum(range(10**12))', late],
  'an endless list from C': ['list(range(10**9))', [...hungry, 'failed']],
  'an endless comparison': ['import itertools\nall(itertools.repeat(1))', late],
  'a membership test without end': ['import itertools\n0 in itertools.count(1)', late],
  backtracking: ['import re\nre.match("(a+)+$", "a" * 40 + "b")', late],
  'a huge power': ['3 ** 10 ** 9', hungry],
  'a huge factorial': ['import math\nmath.factorial(10**7)', hungry],
  'a huge number as text': ['import sys\nsys.set_int_max_str_digits(0)\nstr(7 ** 3_000_000)', late],
  'a huge shift': ['1 << (1 << 40)', [...hungry, 'failed']],
  'a sort that never ends': [
    'class A:\n  def __lt__(self, other):\n    while True: pass\nsorted([A(), A()])',
    late,
  ],
  'a hash that never ends': ['class A:\n  def __hash__(self):\n    while True: pass\n{A()}', late],
  'generators that feed each other': ['def f():\n  while True: yield 1\nsum(f())', late],
  'sleep without end': ['import time\nwhile True: time.sleep(1000)', late],
  'an event loop without end': [
    'import sys\nasync def f():\n  while True: pass\ntry: f().send(None)\nexcept StopIteration: pass',
    late,
  ],
  'a growing list': ['a = []\nwhile True: a.append("x" * 100_000)', hungry],
  'a doubling text': ['a = "x"\nwhile True: a += a', hungry],
  'a doubling list': ['a = [0]\nwhile True: a *= 2', hungry],
  'a growing dictionary': ['d = {}\nwhile True: d[len(d)] = [len(d)] * 100', hungry],
  'a huge array of bytes': ['bytearray(10**9)', hungry],
  'nested lists': ['a = []\nwhile True: a = [a, "x" * 1000]', hungry],
  'a memory bomb that catches': [
    'a = []\nwhile True:\n  try: a.append("x" * 1_000_000)\n  except MemoryError: pass',
    hungry,
  ],
  'a huge format': ['"%1000000000d" % 1', hungry],
  'a huge file': ['f = open("/tmp/a", "wb")\nwhile True: f.write(b"x" * 1_000_000)', [...refused, ...hungry]],
  'endless files': ['n = 0\nwhile True:\n  n += 1\n  open(f"/tmp/{n}", "w").close()', [...refused, ...late]],
  'endless descriptors': ['a = []\nwhile True: a.append(open("/tmp/a", "w"))', refused],
  'a sparse file': ['f = open("/tmp/a", "wb")\nf.seek(2**31 - 2)\nf.write(b"x")\nf.close()', refused],
  'a bomb in an archive': [
    'import zlib\nzlib.decompress(zlib.compress(bytes(20_000_000)) , bufsize=1) * 10',
    hungry,
  ],
  recursion: ['def f(): f()\nf()', refused],
  'recursion without a limit': [
    'import sys\nsys.setrecursionlimit(10**8)\ndef f(): f()\nf()',
    [...refused, ...hungry],
  ],
  'recursion in C': ['a = []\nfor _ in range(200_000): a = [a]\nrepr(a)', [...refused, ...hungry]],
  'recursion through __getattr__': [
    'class A:\n  def __getattr__(self, name): return getattr(self, name + "x")\nA().a',
    [...refused, ...hungry],
  ],
  'recursion in comparing': ['a = []\na.append(a)\nb = []\nb.append(b)\na == b', refused],
  'deeply nested source': [
    'x = ' + '['.repeat(5_000) + ']'.repeat(5_000),
    ['syntax-error', 'out-of-memory', 'failed'],
  ],
  'a deep chain of operators': [
    'x = ' + '-'.repeat(60_000) + '1',
    ['syntax-error', 'out-of-memory', 'failed', 'passed'],
  ],
  'a deep syntax tree': [
    'import ast\nast.parse("(" * 90 + ")" * 90)\neval("+".join(["1"] * 50_000))',
    ['failed', 'passed', 'timed-out'],
  ],
  'a flood of output': ['while True: print("x" * 100)', ['output-limit']],
  'one long line': ['print("x" * 10**7)', ['output-limit']],
  'a flood that catches': [
    'while True:\n  try: print("x" * 100)\n  except BaseException: pass',
    ['output-limit'],
  ],
  'a flood on the error stream': ['import sys\nwhile True: sys.stderr.write("x" * 100)', ['output-limit']],
  'a flood beneath sys.stdout': ['import os\nwhile True: os.write(1, b"x" * 1000)', ['output-limit']],
  ctypes: ['import ctypes', refused],
  'os.system': ['import os\nassert os.system("echo hacked") == 0', refused],
  subprocess: ['import subprocess\nsubprocess.run(["ls"])', refused],
  fork: ['import os\nos.fork()', refused],
  exec: ['import os\nos.execv("/bin/sh", ["sh"])', refused],
  'a socket': ['import socket\nsocket.create_connection(("1.1.1.1", 80), timeout=1)', refused],
  'a name look-up': ['import socket\nsocket.gethostbyname("localhost")', refused],
  'the web': ['import urllib.request\nurllib.request.urlopen("http://127.0.0.1:1/")', refused],
  'the machine’s files': ['open("/etc/passwd").read()', refused],
  'the folders above': ['open("../../../../etc/passwd").read()', refused],
  'process files': ['open("/proc/self/environ").read()', refused],
  'writing the standard library': ['open("/lib/python313.zip", "wb")', refused],
  'removing the standard library': ['import os\nos.remove("/lib/python313.zip")', refused],
  'the bridge to JavaScript': ['import js', refused],
  Pyodide: ['import pyodide', refused],
  'Pyodide’s core': ['import _pyodide_core', refused],
  'native modules': [
    'import importlib.machinery as m\nm.ExtensionFileLoader("x", "/tmp/x.so").load_module()',
    refused,
  ],
  // Each starts the next and ends; CPython continues until it is killed, too.
  'endless threads': ['import threading\ndef f(): threading.Thread(target=f).start()\nf()', late],
  'a thread that never ends': [
    'import threading\ndef f():\n  while True: pass\nthreading.Thread(target=f).start()',
    late,
  ],
  processes: ['import multiprocessing\nmultiprocessing.Process(target=print).start()', refused],
  'signals to itself': ['import os, signal\nos.kill(os.getpid(), signal.SIGKILL)', refused],
  'an alarm': ['import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.01)', refused],
  'a handler of signals': [
    'import signal\ndef h(*a):\n  while True: pass\nsignal.signal(signal.SIGINT, h)\nsignal.raise_signal(signal.SIGINT)',
    late,
  ],
  aborting: ['import os\nos.abort()', refused],
  'a crash by pickle': [
    'import pickle\npickle.loads(b"cos\\nsystem\\n(S\'ls\'\\ntR.")\nraise SystemError',
    refused,
  ],
  'a crash by byte code': [
    'def f(): pass\nf.__code__ = f.__code__.replace(co_code=b"\\xff" * 64, co_stacksize=1)\nf()',
    ['failed', 'timed-out', 'out-of-memory', 'passed'],
  ],
  'a crash by unmarshalling': [
    'import marshal\nmarshal.loads(b"\\xe3" + b"\\xff" * 60)',
    [...refused, ...hungry],
  ],
  'a ruined sys.modules': ['import sys\nsys.modules.clear()\nimport math', [...refused, 'passed']],
  'ruined builtins': ['import builtins\nbuiltins.__dict__.clear()\nprint(1)', refused],
  'a ruined import system': [
    'import sys\nsys.meta_path.clear()\nsys.path.clear()\nimport fractions',
    refused,
  ],
  'closed streams': ['import os, sys\nos.close(1); os.close(2)\nsys.stdout.close()\nprint(1)', refused],
  'tampering with the collector': [
    'import gc\ngc.unfreeze()\nfor x in gc.get_objects():\n  try: x.clear()\n  except Exception: pass\nprint(1)',
    ['failed', 'passed', 'timed-out'],
  ],
  'tampering with types': ['import gc\nint.__dict__["x"] = 1', refused],
  'a NUL in its text': ['x = "\0"', ['syntax-error']],
  'text that is not text': ['x = "\ud800"\nprint(x)', ['failed', 'syntax-error', 'passed']],
};

describe('the pool serves on, and the next verdict is right, after', () => {
  it.each(Object.entries(hostile))('%s', async (_name, [code, endings]) => {
    // Short only for what runs into it, so that a slow machine ends nothing else by it.
    const wallTimeMs = endings.includes('timed-out') ? 400 : 10_000;
    const verdict = await pool.run({ language: 'python', code }, { limits: { wallTimeMs } });
    expect(endings, JSON.stringify(verdict)).toContain(verdict.outcome);
    const next = await pool.run({
      language: 'python',
      code: 'def f(): return 4',
      tests: 'assert f() == 4',
    });
    expect(next).toMatchObject({ outcome: 'passed', stdout: '' });
  });
});
