import { afterAll, describe, expect, it } from 'vitest';
import type { Program } from '../program.ts';
import { SandboxPool } from '../sandbox-pool.ts';

const pool = new SandboxPool({ processes: 1, limits: { wallTimeMs: 10_000, memoryLimitMiB: 64 } });
afterAll(() => pool.close());

const run = (code: string, more: Partial<Program> = {}) => pool.run({ language: 'python', code, ...more });

describe('a Python program', () => {
  it('passes when its tests come to their end, and says what ran it', async () => {
    const verdict = await run('def f(n): return 2 * n', { tests: 'print("é")\nassert f(2) == 4' });
    expect(verdict).toMatchObject({ outcome: 'passed', stdout: 'é\n', limits: { memoryLimitMiB: 64 } });
    expect(verdict.engine).toMatch(/^cpython 3\.13\.\d+ \(node /u);
    expect(verdict.wallTimeMs).toBeGreaterThan(0);
  });

  it('fails with the assertion and its line', async () => {
    const verdict = await run('def f(n):\n  return 2 * n', {
      tests: 'assert f(2) == 4\nassert f(2) == 5, "two twos"',
    });
    expect(verdict).toEqual(
      expect.objectContaining({
        outcome: 'failed',
        kind: 'assertion',
        message: 'AssertionError: two twos',
        stack: '  File "tests.py", line 2, in <module>\n    assert f(2) == 5, "two twos"',
      }),
    );
  });

  it('fails with the exception and the lines of program and tests that led to it', async () => {
    const verdict = await run('def f(n):\n  return n[0]', { tests: 'f(2)' });
    expect(verdict).toMatchObject({
      outcome: 'failed',
      kind: 'exception',
      message: "TypeError: 'int' object is not subscriptable",
      stack: expect.stringMatching(/tests\.py", line 1.*\n.*f\(2\)\n.*program\.py", line 2, in f/u) as string,
    });
  });

  it('has a wrong syntax, or its tests have', async () => {
    expect(await run('def f(:')).toMatchObject({ outcome: 'syntax-error', where: 'code' });
    expect(await run('x = 1', { tests: 'assert x ==' })).toMatchObject({
      outcome: 'syntax-error',
      where: 'tests',
    });
  });

  it('imports what asks how the interpreter was built, and what traces, though tracing is refused', async () => {
    const code =
      'import sysconfig, trace, pdb, profile, zoneinfo\nassert sysconfig.get_python_version() == "3.13"\n' +
      'try: trace.Trace().run("1")\nexcept RuntimeError as error: print(error)';
    const expectedStdout = 'sys.settrace is not available to programs';
    expect(await run(code, { expectedStdout })).toMatchObject({ outcome: 'passed' });
  });

  it('shares its names with its tests', async () => {
    const code =
      'class A: pass\nn = 0\ndef count():\n  global n\n  n += 1\nif __name__ == "__main__": count()';
    const tests = 'count()\nassert n == 1\nn = 5\ncount()\nassert n == 6 and A is globals()["A"]';
    expect(await run(code, { tests })).toMatchObject({ outcome: 'passed' });
  });

  it('reads its input and is judged by its output', async () => {
    const code = 'import sys\na = int(input())\nprint(a + sum(map(int, sys.stdin)))';
    const sum = { stdin: '1\n2\n3', expectedStdout: '6' };
    expect(await run(code, sum)).toMatchObject({ outcome: 'passed' });
    expect(await run(code, { ...sum, expectedStdout: '7\n' })).toMatchObject({
      outcome: 'failed',
      kind: 'wrong-output',
      message: 'line 1 is "6", expected "7"',
    });
    expect(await run('print(6)\nimport sys\nsys.exit(0)', sum)).toMatchObject({ outcome: 'passed' });
    expect(await run('print(6)\nexit(1)', sum)).toMatchObject({ outcome: 'failed' });
    expect(await run('input()', {})).toMatchObject({ message: 'EOFError: EOF when reading a line' });
  });

  it('runs out of memory, caught or not, at the limit it was given', async () => {
    const bomb = 'a = bytearray(30 * 2**20)';
    expect(await run(bomb)).toMatchObject({ outcome: 'passed' });
    const limits = { memoryLimitMiB: 16 };
    expect(await pool.run({ language: 'python', code: bomb }, { limits })).toMatchObject({
      outcome: 'out-of-memory',
      limitMiB: 16,
    });
    const caught = `try: ${bomb}\nexcept MemoryError: print('caught')`;
    expect(await pool.run({ language: 'python', code: caught }, { limits })).toMatchObject({
      stdout: 'caught\n',
    });
  });

  it('keeps what it printed before it hung', async () => {
    const limits = { wallTimeMs: 200 };
    const verdict = await pool.run(
      { language: 'python', code: 'print("here")\nwhile True: pass' },
      { limits },
    );
    expect(verdict).toMatchObject({ outcome: 'timed-out', clock: 'wall', limitMs: 200, stdout: 'here\n' });
  });

  it('finds the standard library, an event loop and a clock on which sleeping takes no time', async () => {
    const code = `import asyncio, collections, csv, dataclasses, datetime, decimal, difflib, fractions, hashlib, itertools, json
import logging, numbers, pprint, queue, statistics, tempfile, textwrap, unittest, uuid
`;
    const tests = `async def later():
  await asyncio.gather(*[asyncio.sleep(1000) for _ in range(3)])
  return 5
assert asyncio.run(later()) == 5
assert statistics.median([3, 1, 2]) == 2
assert decimal.Decimal('0.1') * 3 == decimal.Decimal('0.3')
assert hashlib.sha256(b'').hexdigest().startswith('e3b0c442')
assert datetime.datetime.now().year >= 2024
with tempfile.TemporaryFile('w+') as file:
  file.write('kept')
  file.seek(0)
  assert file.read() == 'kept'`;
    expect(await run(code, { tests })).toMatchObject({ outcome: 'passed' });
  });
});

describe('nothing of a program reaches the next one', () => {
  const poison = `import builtins, os, random, sys, math, json, gc, types, collections, decimal, warnings
builtins.poisoned = True
builtins.len = lambda x: 99
math.pi = 3
json.loads = None
collections.OrderedDict = None
sys.modules['poison'] = types.ModuleType('poison')
sys.path.insert(0, '/poison')
sys.setrecursionlimit(77)
sys.argv.append('poison')
os.environ['POISON'] = '1'
os.makedirs('/tmp/poison/deep')
open('/tmp/poison/deep/file', 'w').write('poison')
open('/poison.py', 'w').write('x = 1')
os.chdir('/tmp/poison')
random.seed(1)
decimal.getcontext().prec = 2
warnings.simplefilter('error')
gc.disable()
kept = [bytearray(b'poison' * 100_000) for _ in range(20)]
print(os.umask(0o777), file=sys.stderr)`;
  const look = `import builtins, os, random, sys, math, json, gc, collections, decimal, warnings
assert not hasattr(builtins, 'poisoned') and len([1]) == 1
assert math.pi > 3.1 and json.loads('1') == 1 and collections.OrderedDict
assert 'poison' not in sys.modules and '/poison' not in sys.path and sys.argv == ['program.py']
assert sys.getrecursionlimit() == 1000
assert dict(os.environ) == {} and os.getcwd() == '/'
assert os.listdir('/tmp') == [] and sorted(os.listdir('/')) == ['dev', 'home', 'lib', 'program.py', 'tmp']
assert open('/program.py').read().endswith('# its own file')
assert decimal.getcontext().prec == 28 and gc.isenabled()
assert 'kept' not in globals()
print(random.random(), id(object())) # its own file`;

  it('neither modules, names, files, settings nor memory', async () => {
    const clean = await run(look);
    expect(clean).toMatchObject({ outcome: 'passed' });
    expect(await run(poison)).toMatchObject({ outcome: 'passed' });
    const after = await run(look);
    expect(after).toMatchObject({ outcome: 'passed' });
    // Chance is new in every run; all else, addresses included, is the same.
    const [chance, address] = clean.stdout.split(' ');
    expect(after.stdout.split(' ')[1]).toBe(address);
    expect(after.stdout.split(' ')[0]).not.toBe(chance);
  });

  it('not even after it was killed', async () => {
    const limits = { wallTimeMs: 300 };
    const killed = await pool.run({ language: 'python', code: `${poison}\nwhile True: pass` }, { limits });
    expect(killed.outcome).toBe('timed-out');
    expect(await run(look)).toMatchObject({ outcome: 'passed' });
  });
});
