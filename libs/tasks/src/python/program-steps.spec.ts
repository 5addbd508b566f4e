import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitProgram } from './program-steps.ts';

const texts = (program: string) => splitProgram(program).map(({ text }) => text);

it('gives any text back, step by step', () => {
  const lines = [
    'def f(x):',
    '    a = (1,',
    '  2)',
    '    return a',
    '"""',
    '```',
    '# c',
    '',
    'Here it is:',
    '@d',
    '\tif x:',
  ];
  const programLike = fc.array(fc.constantFrom(...lines), { maxLength: 14 }).map((all) => all.join('\n'));
  fc.assert(
    fc.property(fc.oneof(programLike, fc.string()), (text) => {
      expect(texts(text).join('')).toBe(text);
    }),
  );
});

it("splits a function into its statements, the head with the first one's block", () => {
  const program = [
    'def f(xs):\n    "Sum."\n    total = 0\n',
    '    for x in xs:\n        total += x\n',
    '    return total\n',
  ];
  expect(texts(program.join(''))).toEqual(program);
});

it('keeps the clauses of a statement together, and what brackets and backslashes join', () => {
  const program = [
    'def f(x):\n    if x:\n        y = 1\n    elif not x:\n        y = 2\n    else:\n        y = 3\n',
    '    z = (y +\n  1)\n',
    '    t = z + \\\n1\n',
    '    try:\n        t()\n    except E:\n        pass\n    finally:\n        pass\n',
  ];
  expect(texts(program.join(''))).toEqual(program);
});

it('gives imports, helpers and the methods of a class steps of their own, decorators with what they decorate', () => {
  const program = [
    'import math\n',
    '@cache\ndef f(x):\n    return x\n\n\n',
    'class A:\n    x = 1\n\n',
    '    @property\n    def y(self):\n        return 2\n',
    'print(f(1))',
  ];
  expect(texts(program.join(''))).toEqual(program);
});

it('puts comments to the statement below and blank lines to the one above', () => {
  const program = [
    'def f(x):\n    a = 1\n\n',
    '    # Then b.\n    b = 2  # two\n',
    '    return a + b\n# end\n',
  ];
  expect(texts(program.join(''))).toEqual(program);
});

it('splits a body that continues from a head in the prompt', () => {
  expect(texts('    a = 1\n    return a\n')).toEqual(['    a = 1\n', '    return a\n']);
});

it('makes no steps of fences and prose', () => {
  expect(texts('Sure:\n```python\ndef f():\n    a = 1\n    return a\n```\nIt works.\n')).toEqual([
    'Sure:\n```python\ndef f():\n    a = 1\n',
    '    return a\n```\nIt works.\n',
  ]);
});

it('has no steps for nothing', () => {
  expect(splitProgram('')).toEqual([]);
});
