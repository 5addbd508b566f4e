import { temporaryFolder } from '@sipf/runs/testing';
import { expect, it } from 'vitest';
import { lastWords } from './last-words.ts';

it.each([
  ['nothing in an empty log', '', ''],
  ['the last line', '{"level":"info","msg":"a"}\n{"level":"info","msg":"b"}\n', 'b'],
  [
    'the last serious line',
    '{"level":"fatal","msg":"no space"}\n{"level":"info","msg":"stopping"}\n',
    'no space',
  ],
  [
    'the detail of an error',
    '{"level":"fatal","msg":"could not run","err":{"message":"boom"}}\n',
    'could not run: boom',
  ],
  [
    'what Node prints of a program that cannot be loaded',
    'node:internal/x:1\n  throw err;\n\nError: Cannot find module /x.ts\n    at y\n\nNode.js v24.21.0\n',
    'Error: Cannot find module /x.ts',
  ],
])('finds %s', async (_, log, words) => {
  using folder = temporaryFolder();
  expect(await lastWords(folder.write('x.log', log))).toBe(words);
});

it('reads only the end of a long log', async () => {
  using folder = temporaryFolder();
  const line = '{"level":"error","msg":"early"}\n';
  const log = folder.write('x.log', line + '{"level":"info","msg":"later"}\n'.repeat(2000));
  expect(await lastWords(log)).toBe('later');
});

it('has nothing to say of a log that is not there', async () => {
  expect(await lastWords('/nowhere/x.log')).toBe('');
});
