import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../run/step.ts';

// The rule only sees files inside a project, so the violations are laid into one for the time of this test.
const folder = join(root, 'libs/random/src/boundary-violations');

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  for (const name of ['library-in-a-pure-one.ts', 'out-of-order.ts', 'relative-path.ts']) {
    writeFileSync(join(folder, name), readFileSync(join(root, 'test/fixtures/boundaries', name)));
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('fails on a forbidden library, on a path into another project, and on imports out of order', () => {
  // Any nx command writes the project graph without which the rule is silently skipped.
  spawnSync('nx', ['show', 'projects'], { cwd: root, env: { ...process.env, NX_DAEMON: 'false' } });
  const { stdout } = spawnSync('eslint', [folder, '--format', 'json'], { cwd: root, encoding: 'utf8' });
  const results = JSON.parse(stdout) as { messages: { ruleId: string }[] }[];
  const rules = results.map(({ messages }) => messages.map(({ ruleId }) => ruleId));
  expect(rules).toEqual([
    ['@nx/enforce-module-boundaries'],
    ['perfectionist/sort-imports'],
    ['@nx/enforce-module-boundaries'],
  ]);
});
