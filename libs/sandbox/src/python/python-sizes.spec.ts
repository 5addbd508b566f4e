import { afterAll, expect, it } from 'vitest';
import { SandboxPool } from '../sandbox-pool.ts';

const pool = new SandboxPool({ processes: 1, limits: { wallTimeMs: 10_000, memoryLimitMiB: 64 } });
afterAll(() => pool.close());

const run = (code: string) =>
  pool.run({
    language: 'python',
    code: `import sys, itertools, collections, re, io, functools\nbig = sys.maxsize\n${code}`,
  });

// Each holds in CPython on 64 bits.
it.each([
  'assert big == 2**63 - 1 and min([10**12, big]) == 10**12 and float("inf") > big',
  'assert list(itertools.islice([1, 2, 3], big)) == list(itertools.islice([1, 2, 3], 1 - 1, 2**40)) == [1, 2, 3]',
  'assert next(itertools.islice(itertools.count(10**10), 1, big, big)) == 10**10 + 1',
  'd = collections.deque([1, 2], maxlen=big)\nd.append(3)\nd.insert(2**40, 4)\nassert list(d) == [1, 2, 3, 4]',
  'assert "a b c".split(" ", big) == "a b c".rsplit(" ", 2**33) == ["a", "b", "c"] and "a b".split(" ", -(2**40)) == ["a", "b"]',
  'assert "aa".replace("a", "b", big) == "bb" and b"aa".replace(b"a", b"b", 2**40) == b"bb" and b"a b".split(b" ", big) == [b"a", b"b"]',
  'assert bytearray(b"a b").rsplit(b" ", big) == [b"a", b"b"]',
  'assert [1, 2].index(2, 0, big) == 1 and "ab".find("b", 0, big) == 1 and [1, 2, 3][1:big] == [2, 3] and "abc"[-big:2] == "ab"',
  'a = [1]\na.insert(big, 2)\na.insert(-big, 0)\nassert a == [0, 1, 2]\ntry: a.pop(big)\nexcept IndexError: pass\nelse: assert False',
  'assert list(zip(itertools.repeat(7, big), [1, 2])) == [(7, 1), (7, 2)]',
  'assert re.sub("a", "b", "aa", count=big) == "bb" and re.split(" ", "a b", maxsplit=2**40) == ["a", "b"]',
  'assert re.compile("b").search("ab", 0, big).start() == 1 and re.compile("b").findall("ab", 0, 2**40) == ["b"]',
  'assert io.StringIO("ab").read(big) == "ab" and io.BytesIO(b"ab").read(2**40) == b"ab" and io.StringIO("ab").readline(big) == "ab"',
  '@functools.lru_cache(maxsize=big)\ndef f(n): return n + 1\nassert f(1) == f(1) == 2 and f.cache_info().hits == 1',
  'assert range(big)[-1] == big - 1 and 10**12 in range(big) and next(iter(range(big))) == 0',
  'assert list(zip(range(10**10, big), "ab")) == [(10**10, "a"), (10**10 + 1, "b")]',
  'assert list(enumerate("a", big)) == [(big, "a")] and next(itertools.count(big)) == big and next(itertools.count(2**31 - 1)) == 2**31 - 1',
  'import random\nassert 0 <= random.randrange(big) < big and 0 <= random.randint(0, big) <= big',
  'import heapq, bisect\nassert heapq.nsmallest(big, [2, 1]) == [1, 2] and heapq.nlargest(2**40, [2, 1]) == [2, 1]',
  'assert [1] * 0 == [] and [] * big == [] and "" * big == "" and () * -big == ()\na = []\na *= big\nassert a == []',
  'import pickle, _collections_abc\nassert pickle.maxsize == big',
  'import gzip, zlib\nassert gzip.decompress(gzip.compress(b"a")) == gzip.open(io.BytesIO(gzip.compress(b"a"))).read() == b"a"',
  'assert re.findall("a{1,3000000000}", "aaa") == ["aaa"] and re.findall("a{3000000000,}|b", "ab") == ["b"]',
  'try: re.compile("a{1,4294967295}")\nexcept OverflowError: pass\nelse: assert False',
  'try: re.compile("a{3000000000,2500000000}")\nexcept re.error as e: assert str(e).startswith("min repeat greater than max repeat at position")\nelse: assert False',
  'assert re.findall("a{2,}?b{0,1}c{,2}", "aabcc a{2") == ["aabcc"] and re.findall("a{2,1", "a{2,1") == ["a{2,1"]',
  'import bz2\nassert bz2.open(io.BytesIO(bz2.compress(b"a"))).read() == b"a"',
  'assert "a".encode().decode() == "a" and int(str(big)) == big and hash(1) == 1',
  'try: list(itertools.islice([1], 2**70))\nexcept ValueError: pass\nelse: assert False',
  'try: "a b".split(" ", 2**63)\nexcept OverflowError: pass\nelse: assert False',
  'try: "a".split(" ", "b")\nexcept TypeError: pass\nelse: assert False',
  'class N:\n  def __index__(self): return 2**40\nassert "a b".split(" ", N()) == ["a", "b"] and list(itertools.islice([1], N())) == [1]',
  'class N:\n  def __index__(self): raise KeyError\ntry: "a b".split(" ", N())\nexcept KeyError: pass\nelse: assert False',
])('a size beyond 32 bits: %s', async (code) => {
  expect(await run(code)).toMatchObject({ outcome: 'passed' });
});

it.each([
  'assert sys.stdin.read(2**31) == "a\\nbä\\n" and sys.stdin.read(5) == ""',
  'assert sys.stdin.read(10**9) == "a\\nbä\\n"',
  'assert sys.stdin.read(1) == "a" and sys.stdin.buffer.read(big) == b"" and sys.stdin.read(big) == "\\nbä\\n"',
  'assert sys.stdin.buffer.read(big) == "a\\nbä\\n".encode() and sys.stdin.buffer.read() == b""',
  'assert sys.stdin.buffer.readline(big) == b"a\\n" and sys.stdin.buffer.read1(big) == "bä\\n".encode()',
  'assert sys.stdin.readline(2**31) == "a\\n" and sys.stdin.readlines(2**31) == ["bä\\n"]',
  'import os\nassert os.read(0, 10**10) == "a\\nbä\\n".encode() and os.read(0, 2**40) == b""',
  'assert input() == "a" and [*sys.stdin] == ["bä\\n"] and sys.stdin.fileno() == 0 and sys.stdin.name == "<stdin>" and sys.stdin.mode == "r"',
  'assert repr(sys.stdin.buffer) == "<_io.BufferedReader name=\'<stdin>\'>" and not sys.stdin.isatty() and sys.stdin is sys.__stdin__',
])('reads standard input up to any number: %s', async (code) => {
  const program = {
    language: 'python',
    code: `import sys\nbig = sys.maxsize\n${code}`,
    stdin: 'a\nbä\n',
  } as const;
  expect(await pool.run(program)).toMatchObject({ outcome: 'passed' });
});

// What 32 bits cannot hold is an error, never another value.
it.each([
  'len(range(10**10))',
  'collections.deque([1, 2, 3]).rotate(10**10)',
  'class A:\n  def __len__(self): return 10**10\nlen(A())',
  'import bisect\nbisect.bisect_left(range(10**10), 5)',
  'import random\nrandom.choice(range(10**10))',
  'io.BytesIO().seek(10**10)',
  'import operator\noperator.length_hint(1, 10**10)',
  '"a".center(10**10)',
  'open("a", "w").close()\nopen("a").read(2**31)',
])('a size that is a value of its own: %s', async (code) => {
  expect(await run(code)).toMatchObject({
    outcome: 'failed',
    message: expect.stringMatching(/^OverflowError/u) as string,
  });
});
