import { afterAll, describe, expect, it } from 'vitest';
import type { Program } from '../program.ts';
import { SandboxPool } from '../sandbox-pool.ts';

const pool = new SandboxPool({ processes: 1, limits: { wallTimeMs: 10_000, memoryLimitMiB: 64 } });
afterAll(() => pool.close());

const run = (code: string, more: Partial<Program> = {}) => pool.run({ language: 'python', code, ...more });
const right = 'def f(n): return 2 * n\n';
const tests = 'assert f(2) == 4';

describe('a program with tests runs as in an empty dictionary', () => {
  it.each([
    'n = int(input())',
    'import doctest\n  doctest.testmod()',
    'import unittest\n  unittest.main()',
    'import sys\n  sys.exit(f(1))',
    'import sys\n  print(sys.argv[1])',
    'raise SystemExit',
  ])('where what is for the main module alone does not happen: %s', async (body) => {
    const code = `${right}if __name__ == "__main__":\n  ${body}`;
    expect(await run(code, { tests })).toMatchObject({ outcome: 'passed' });
    expect(await run(code, { tests, stdin: '' })).toMatchObject({ outcome: 'passed', stdout: '' });
  });

  // What CPython 3.13 gives for `exec(text, {})`.
  it.each([
    "assert __name__ == 'builtins'",
    "assert '__file__' not in globals() and '__name__' not in globals()",
    'assert type(__builtins__) is dict',
    "class A: pass\nassert A.__module__ == 'builtins'",
    "import sys\nassert sys.modules[__name__].__name__ == 'builtins' and not hasattr(sys.modules['__main__'], 'f')",
    'import dataclasses\n@dataclasses.dataclass\nclass P:\n  x: "int" = 1\nassert P() == P(1)',
    'import typing\nclass N(typing.NamedTuple):\n  x: int\nassert N(1).x == 1',
    'import collections\nassert collections.namedtuple("N", "a b")(1, 2).b == 2',
    'import enum\nclass E(enum.Enum):\n  A = 1\nassert E(1) is E.A and enum.Enum("F", "X").X.value == 1',
    'import typing\ndef g(x: "Tree"): pass\nclass Tree: pass\nassert typing.get_type_hints(g)["x"] is Tree',
    'import pickle\nclass A: pass\ntry: pickle.dumps(A()); assert False\nexcept pickle.PicklingError: pass',
    'import unittest\nclass T(unittest.TestCase):\n  def test(self): self.assertEqual(f(1), 2)\nassert unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T)).wasSuccessful()',
  ])('%s', async (line) => {
    expect(await run(`${right}${line}`, { tests: `${line}\n${tests}` })).toMatchObject({ outcome: 'passed' });
  });

  it('cannot change its verdict by functions at exit, nor leave before the end', async () => {
    const late = 'import atexit, os\natexit.register(lambda: print("late"))\natexit.register(os._exit, 0)\n';
    expect(await run(late + right, { tests })).toMatchObject({ outcome: 'passed', stdout: '' });
    expect(await run(`${late}def f(n): return 5`, { tests })).toMatchObject({ outcome: 'failed' });
    const hook = 'import sys; sys.excepthook = lambda *a: sys.exit(0)\n';
    expect(await run(`${hook}${right}1 / 0`, { tests })).toMatchObject({ outcome: 'failed' });
    expect(await run(`${hook}def f(n): return 5`, { tests })).toMatchObject({ outcome: 'failed' });
    for (const door of ['exit()', 'quit()', 'raise SystemExit(None)', 'import os; os._exit(0)']) {
      expect(await run(`${right}${door}`, { tests })).toMatchObject({ outcome: 'failed' });
    }
  });
});

describe('a program without tests runs as a script', () => {
  it.each([
    'assert __name__ == "__main__" and __file__ == "/program.py"',
    'import sys\nassert open(__file__).read() == open(sys.argv[0]).read() and "a text of its own" in open(__file__).read()',
    'import sys, __main__\nclass A: pass\nassert sys.modules[__name__] is __main__ and __main__.A is A',
    'import pickle\nclass A: pass\nassert type(pickle.loads(pickle.dumps(A()))) is A',
    'import types\nassert type(__builtins__) is types.ModuleType',
    'import typing\nclass T:\n  left: "T"\nassert typing.get_type_hints(T)["left"] is T',
    'def f():\n  """\n  >>> 1 + 1\n  2\n  """\nimport doctest\nassert doctest.testmod() == (0, 1)',
    'import unittest\nclass T(unittest.TestCase):\n  def test(self): pass\nunittest.main()',
  ])('%s', async (code) => {
    expect(await run(code)).toMatchObject({ outcome: 'passed' });
  });

  it.each([
    ...['exit()', 'quit()', 'exit(0)', 'raise SystemExit', 'raise SystemExit(None)', 'raise SystemExit()'],
    ...['import sys; sys.exit(False)', 'import sys; sys.exit(0)', 'import sys; sys.exit(256)'],
    'import os; os._exit(0)',
    'class Done(SystemExit): pass\nraise Done',
    'try: 1 / 0\nfinally: exit()',
    'import atexit; atexit.register(exit, 1)',
    'import sys\nclass Zero(int): pass\nsys.exit(Zero())',
    'import sys; sys.excepthook = lambda *a: sys.exit(0)\n1 / 0',
    'import sys; sys.excepthook = lambda *a: exit()\nraise KeyboardInterrupt',
    'import sys, os; sys.excepthook = lambda *a: os._exit(0)\n1 / 0',
    'import sys\ndef f():\n  try: 1 / 0\n  finally: sys.excepthook = lambda *a: exit()\nf()',
    'import sys\ndef hook(t, v, b): sys.exit(not (t is type(v) and v is sys.last_exc and b is v.__traceback__))\nsys.excepthook = hook\n1 / 0',
  ])('that ends with status 0: %s', async (ending) => {
    const verdict = await run(`print(6)\n${ending}`, { expectedStdout: '6' });
    expect(verdict).toMatchObject({ outcome: 'passed' });
    expect(await run(`print(7)\n${ending}`, { expectedStdout: '6' })).toMatchObject({ kind: 'wrong-output' });
  });

  it.each([
    ...["import sys; sys.exit('0')", 'import sys; sys.exit(True)', 'import sys; sys.exit(1)'],
    ...['import sys; sys.exit([])', 'import sys; sys.exit(0.0)', 'exit("")', 'exit(2**70)', 'exit(-1)'],
    'class SystemExit(Exception): pass\nraise SystemExit',
    'class SystemExit(Exception): pass\nraise SystemExit(0)',
    'class Done(SystemExit):\n  code = property(lambda self: 1)\nraise Done',
    'import os; os._exit(1)',
    'import atexit, os; atexit.register(os._exit, 3)',
    'try: exit(0)\nfinally: exit(1)',
    ...['sys.exit(2)', 'sys.exit("0")', 'None', '1 / 0'].map(
      (end) => `import sys; sys.excepthook = lambda *a: ${end}\n1 / 0`,
    ),
    'import sys; sys.excepthook = lambda *a: exit(0)\nexit(3)',
    'import sys; sys.excepthook = None\n1 / 0',
    'import builtins, sys; sys.excepthook = lambda *a: exit(0)\nend = SystemExit(1)\nbuiltins.__dict__.clear()\nraise end',
    'import sys; del sys.excepthook\n1 / 0',
    'import sys; sys.__excepthook__ = lambda *a: exit(0)\n1 / 0',
  ])('that ends with another status: %s', async (ending) => {
    const verdict = await run(`print(6)\n${ending}`, { expectedStdout: '6' });
    expect(verdict).toMatchObject({ outcome: 'failed', kind: 'exception' });
  });

  it('says on the error stream what it leaves with', async () => {
    expect(await run('import sys; sys.exit("no way")')).toMatchObject({ stderr: 'no way\n' });
  });

  it.each([
    'import atexit\natexit.register(print, "b")\natexit.register(print, "a")\nraise SystemExit',
    'import sys, io\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer)\nprint("a\\nb")',
    'out = open(1, "w", closefd=False)\nout.write("a\\nb")',
    'class A:\n  def __del__(self): print("b")\na = A()\nprint("a")',
    'print("a\\nb", end="")',
    'print("a\\nb")\nimport sys\nsys.stdout.close()',
  ])('whose output is complete when it is compared: %s', async (code) => {
    expect(await run(code, { expectedStdout: 'a\nb' })).toMatchObject({ outcome: 'passed' });
  });

  it('loses the end of a line that it did not flush when it leaves by os._exit', async () => {
    const code = 'print("whole")\nprint("part", end="")\nimport os; os._exit(0)';
    expect(await run(code)).toMatchObject({ outcome: 'passed', stdout: 'whole\n' });
  });
});

describe('the text of a program', () => {
  it.each([
    ['code', { code: `${right}\0 is ignored` }],
    ['tests', { tests: `${tests}\0anything` }],
    ['tests', { tests: '\0assert False' }],
    ['code', { code: 'x = "\0"' }],
    ['code', { code: 'x = "\ud800"' }],
    ['tests', { tests: '# \udc00' }],
    ['tests', { tests: 'assert f(2) ==' }],
  ] as const)(
    'that cannot be read is an error of syntax in the %s before anything runs: %j',
    async (where, part) => {
      const program = { code: `print("ran")\n${right}`, tests, ...part };
      const verdict = await pool.run({ language: 'python', ...program });
      expect(verdict).toMatchObject({ outcome: 'syntax-error', where, stdout: '' });
    },
  );

  it.each([
    '# -*- coding: latin-1 -*-\nassert len("é") == 1 and "é" == "\\xe9"',
    '# coding: no-such-thing\nx = 1',
    'x = 1\r\nif x:\r\n  y = """a\r\nb"""\r\nassert y == "a\\nb"',
    'x = 1\ry = 2\rassert y == 2',
    '\fif True:\n  \f  x = 1\n\f\nassert x == 1',
    'x = "\u001a\u0001"\nassert len(x) == 2',
    'import warnings\nwarnings.simplefilter("error")\nx = "\\d"',
  ])('is taken as it stands: %j', async (code) => {
    expect(await run(code, { tests: code })).toMatchObject({ outcome: 'passed' });
    expect(await run(code)).toMatchObject({ outcome: 'passed' });
  });

  it('may begin with a byte order mark as a file, not as a text that is executed', async () => {
    expect(await run('\ufeffx = 1')).toMatchObject({ outcome: 'passed' });
    expect(await run('\ufeffx = 1', { tests: '' })).toMatchObject({ outcome: 'syntax-error' });
  });

  it('is not cut where it is input, output or the message of an error', async () => {
    const echo = 'import sys\nprint(sys.stdin.read())';
    const said = 'a\0b\r\n\f\ufeffé\u{1f600}';
    const verdict = await run(echo, { stdin: said, expectedStdout: said.replace('\r', '') });
    expect(verdict).toMatchObject({ outcome: 'passed' });
    expect(await run('raise ValueError("a\\0b\\ud800")')).toMatchObject({
      message: String.raw`ValueError: ab\ud800`,
    });
  });
});

describe('trace and profile functions', () => {
  it.each(['sys.settrace', 'sys.setprofile', 'threading.settrace_all_threads'])(
    '%s takes None, and nothing else',
    async (name) => {
      const code = `import sys, threading\n${name}(None)\ntry: ${name}(lambda *a: None)\nexcept RuntimeError: print("refused")`;
      expect(await run(code, { expectedStdout: 'refused' })).toMatchObject({ outcome: 'passed' });
    },
  );
});
