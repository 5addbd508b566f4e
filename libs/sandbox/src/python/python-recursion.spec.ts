import { afterAll, describe, expect, it } from 'vitest';
import { SandboxPool } from '../sandbox-pool.ts';

const limits = { wallTimeMs: 20_000, cpuTimeMs: 20_000, memoryLimitMiB: 128 };
const pool = new SandboxPool({ processes: 1, limits });
afterAll(() => pool.close());

const free = 'import sys, functools, re\nsys.setrecursionlimit(10**6)\n';
const run = (code: string) => pool.run({ language: 'python', code });

describe('recursion through C functions', () => {
  it('goes as deep as the usual limit of Python says', async () => {
    const code = `import functools
@functools.lru_cache(None)
def f(n): return 0 if n == 0 else 1 + f(n - 1)
assert f(900) == 900`;
    expect(await run(code)).toMatchObject({ outcome: 'passed' });
  });

  it.each([
    [3_000, '@functools.lru_cache(None)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)'],
    [3_000, 'def f(n): return 0 if n == 0 else 1 + max(map(f, [n - 1]))'],
    [3_000, 'def f(n): return 0 if n == 0 else 1 + sum(f(x) for x in [n - 1])'],
    [3_000, 'def f(n): return 0 if n == 0 else (re.sub("a", lambda m: str(f(n - 1)), "a"), n)[1]'],
    [2_000, 'def f(n): return 0 if n == 0 else (sorted([n], key=lambda x: f(n - 1)), n)[1]'],
  ])('goes %i levels deep where a program asks for it: %s', async (depth, definition) => {
    expect(await run(`${free}${definition}\nassert f(${depth}) == ${depth}`)).toMatchObject({
      outcome: 'passed',
    });
  });

  // The depths are those of CPython 3.13 on 64 bits, which has the same limit (sorting by a key, it crashes before).
  it.each([
    ['max(map(f, [n - 1]))', 4998],
    ['functools.reduce(lambda a, b: f(n - 1), [1, 2])', 3332],
    ['re.sub("a", lambda m: f(n - 1), "a")', 3332],
    ['[2, 1].sort(key=lambda x: f(n - 1))', 3332],
    ['eval("f(n - 1)", globals(), {"n": n})', 4998],
  ])('ends by an error that can be caught: %s', async (call, depth) => {
    const code = `${free}deep = 0
def f(n):
  global deep
  deep = max(deep, 20_000 - n)
  return ${call} if n else "x"
try: f(20_000)
except RecursionError: print(deep)`;
    const verdict = await pool.run({ language: 'python', code, expectedStdout: `${depth}` });
    expect(verdict).toMatchObject({ outcome: 'passed' });
  });

  it.each([
    'a = []\nfor _ in range(100_000): a = [a]\ntry: repr(a)\nexcept RecursionError: print("caught")\ndel a',
    'a = b = None\nfor _ in range(100_000): a, b = (a,), (b,)\ntry: a == b\nexcept RecursionError: print("caught")',
    'import json\ntry: json.loads("[" * 100_000)\nexcept RecursionError: print("caught")',
    'import pickle\na = []\nfor _ in range(100_000): a = [a]\ntry: pickle.dumps(a)\nexcept RecursionError: print("caught")',
    'class A:\n  def __getattr__(self, name): return getattr(self, name + "x")\ntry: A().a\nexcept RecursionError: print("caught")',
  ])('ends by an error that can be caught in data: %s', async (code) => {
    expect(await pool.run({ language: 'python', code, expectedStdout: 'caught' })).toMatchObject({
      outcome: 'passed',
    });
  });

  const endless = `${free}deep = 0\ndef f(n):\n  global deep\n  deep = n\n  return f(n + 1)\n`;

  it('ends by an error that can be caught where its trace back is larger than the memory', async () => {
    const code = `${endless}try: f(0)\nexcept RecursionError: print(deep)`;
    const verdict = await pool.run({ language: 'python', code, expectedStdout: '999998' });
    expect(verdict).toMatchObject({ outcome: 'passed' });
  });

  it('has no more memory than its limit on its way in', async () => {
    const code = `${endless}try: f(0)\nexcept MemoryError: print("caught")`;
    const options = { limits: { memoryLimitMiB: 48 } };
    const verdict = await pool.run({ language: 'python', code, expectedStdout: 'caught' }, options);
    expect(verdict).toMatchObject({ outcome: 'passed' });
  });

  it('ends the program, not the child, where the interpreter has no limit: iterators in iterators', async () => {
    const code = 'a = iter([1])\nfor _ in range(1_000_000): a = map(abs, a)\nnext(a)';
    expect(await run(code)).toMatchObject({ outcome: 'failed' });
    expect(await run('x = 1')).toMatchObject({ outcome: 'passed' });
  });
});

describe('deep source', () => {
  const chain = (count: number) =>
    [
      'x = 5',
      'if x == 0: y = 0',
      ...Array.from({ length: count }, (_, n) => `elif x == -${n}: y = ${n}`),
    ].join('\n');

  it('runs: an elif chain of 3,000', async () => {
    expect(await run(`${chain(3_000)}\nelse: y = -1\nassert y == -1`)).toMatchObject({ outcome: 'passed' });
  });

  it('is refused as CPython does where it is too deep, and such an error can be caught', async () => {
    expect(await run(chain(20_000))).toMatchObject({
      outcome: 'syntax-error',
      message: expect.stringContaining('too complex to parse') as string,
    });
    const code = `for text in ${JSON.stringify(['elif', 'x.a'])}:
  source = "if x: pass\\n" + "elif x: pass\\n" * 20_000 if text == "elif" else "x" + ".a" * 9_900
  try: compile(source, "", "exec"); print("compiled")
  except MemoryError as error: print(error)
try: compile("x" + ".a" * 20_000, "", "exec")
except RecursionError as error: print(error)`;
    const expectedStdout = `Parser stack overflowed - Python source too complex to parse
compiled
maximum recursion depth exceeded during compilation`;
    expect(await pool.run({ language: 'python', code, expectedStdout })).toMatchObject({ outcome: 'passed' });
  });
});
