import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { testedName } from './tested-name.ts';

const code = 'import math\nclass Pair:\n  pass\ndef helper(x):\n  return x\ndef f(x):\n  return helper(x)\n';

describe('testedName', () => {
  it.each([
    ['a helper that the program defines first', 'assert f(1) == 1'],
    ['a class that the tests use inside the call', 'assert f([Pair(5, 24), Pair(15, 25)]) == 3'],
    ['a class that the result is compared with', 'assert Pair(1, 2) == f(1)'],
    ['a call around it', 'assert set(f(1)) == {1}'],
    ['a function of a module around it', 'assert math.isclose(f(1), helper(2), rel_tol=0.1)'],
    ['a negation', 'assert not f(1)'],
    ['brackets', 'assert (f(helper(1)))==(1)'],
    ['its name in a text', "assert f('helper(1)') == 'Pair(2)'"],
    ['a method of the same name', "assert 'a'.helper() or f(1)"],
    ['a comparison turned round', 'assert 1 == f(1)'],
    ['a function that calls it', 'assert list(map(f, [1, 2])) == [1, 2]'],
    ['an assertion without a space', 'assert(f(1) == 1), "helper(1)"'],
  ])('finds the function in spite of %s', (_what, test) => {
    expect(testedName(code, [test])).toBe('f');
  });

  it('finds a class that is what is tested, and a name for an expression', () => {
    expect(testedName(code, ['assert Pair(1).x == 1'])).toBe('Pair');
    expect(testedName('g = lambda x: x\n', ['assert g(1) == 1'])).toBe('g');
  });

  it('looks at later tests where the first calls nothing, and else at the first definition', () => {
    expect(testedName(code, ['x = 1', 'assert f(x)'])).toBe('f');
    expect(testedName(code, ['assert True'])).toBe('Pair');
    expect(testedName('x', ['assert True'])).toBe('');
  });
});

const FILE = fileURLToPath(new URL('../../../../../shared/data/mbpp/mbpp.jsonl', import.meta.url));

describe.skipIf(!existsSync(FILE))('on the whole dataset', () => {
  const rows = readFileSync(FILE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { task_id: number; code: string; test_list: string[] });

  it('names what every single test of a problem calls', () => {
    expect(rows).toHaveLength(974);
    const other = rows.filter(({ code, test_list: tests }) => {
      const name = testedName(code, tests);
      return !tests.every(
        (test) => testedName(code, [test]) === name && new RegExp(`\\b${name}\\b`).test(test),
      );
    });
    expect(other.map(({ task_id: id }) => id)).toEqual([]);
    const chain = rows.find(({ task_id: id }) => id === 601);
    expect(testedName(chain?.code ?? '', chain?.test_list ?? [])).toBe('max_chain_length');
  });
});
