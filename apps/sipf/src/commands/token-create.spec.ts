import { temporaryFolder } from '@sipf/runs/testing';
import { createAuthenticator } from '@sipf/service';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '../program.ts';
import { testTerminal } from '../testing/test-terminal.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const quiet = { error: () => undefined };

async function create(cwd: string, ...argv: string[]) {
  const terminal = testTerminal({ cwd, now: () => NOW });
  const files = ['--tokens-file', 'tokens.json'];
  const status = await runProgram(['token', 'create', ...files, ...argv], terminal);
  return { status, shown: terminal.shown() };
}

it('makes tokens that services take, each for its scopes and time, and keeps the others', async () => {
  using folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  const ci = ['--name', 'ci', '--scope', 'verification:Score', '--scope', 'generation:*', '--out', 'ci'];
  expect(await create(folder.path, ...ci, '--days', '2')).toMatchObject({ status: 0 });
  const all = ['--name', 'operator', '--scope', '*', '--out', 'operator'];
  expect(await create(folder.path, ...all)).toMatchObject({ status: 0 });
  expect(statSync(path('ci')).mode & 0o777).toBe(0o600);
  const token = readFileSync(path('ci'), 'utf8').trim();
  expect(readFileSync(path('tokens.json'), 'utf8')).not.toContain(token);
  const at = (nowMs: number) => createAuthenticator(path('tokens.json'), quiet, () => nowMs);
  expect(at(NOW).authenticate(`Bearer ${token}`, 'verification:Score')).toBe('ci');
  expect(at(NOW).authenticate(`Bearer ${token}`, 'generation:Generate')).toBe('ci');
  expect(() => at(NOW).authenticate(`Bearer ${token}`, 'training:StartJob')).toThrow('no scope');
  expect(() => at(NOW + 3 * 86_400_000).authenticate(`Bearer ${token}`, 'verification:Score')).toThrow();
  const operator = readFileSync(path('operator'), 'utf8').trim();
  expect(at(NOW).authenticate(`Bearer ${operator}`, 'training:StartJob')).toBe('operator');
});

it('replaces the token of a name, and overwrites no file', async () => {
  using folder = temporaryFolder();
  const ci = (out: string) => create(folder.path, '--name', 'ci', '--scope', '*', '--out', out);
  await ci('first');
  expect(await ci('first')).toMatchObject({
    status: 64,
    shown: expect.stringContaining('exists already') as string,
  });
  await ci('second');
  const [first, second] = ['first', 'second'].map((name) =>
    readFileSync(join(folder.path, name), 'utf8').trim(),
  );
  const authenticator = createAuthenticator(join(folder.path, 'tokens.json'), quiet);
  expect(() => authenticator.authenticate(`Bearer ${first}`, 'a:B')).toThrow('not known');
  expect(authenticator.authenticate(`Bearer ${second}`, 'a:B')).toBe('ci');
});

it.each([
  ['a scope that is none', ['--name', 'ci', '--scope', 'all', '--out', 'x'], 'must be *, <area>:*'],
  ['a name that is none', ['--name', 'a b', '--scope', '*', '--out', 'x'], 'must be 1 to 64'],
  ['a broken list', ['--name', 'ci', '--scope', '*', '--out', 'x'], 'is not a file of tokens'],
])('refuses %s', async (_, argv, why) => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'tokens.json'), 'torn');
  expect(await create(folder.path, ...argv)).toMatchObject({
    status: 64,
    shown: expect.stringContaining(why) as string,
  });
});
