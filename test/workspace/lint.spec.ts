import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../run/step.ts';

// Fixtures are not linted, so the violations are laid into a project for the time of this test.
const folder = join(root, 'libs/errors/src/lint-violations');

beforeAll(() => {
  cpSync(join(root, 'test/fixtures/lint'), folder, { recursive: true });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('fails on violations of rules that need types, and of those that do not', () => {
  const args = ['--type-aware', '--format', 'json', folder];
  const { stdout, status } = spawnSync('oxlint', args, { cwd: root, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string }[] };
  expect(status).not.toBe(0);
  expect(new Set(diagnostics.map(({ code }) => code))).toEqual(
    new Set([
      'eslint(no-console)',
      'import(no-cycle)',
      'typescript(consistent-type-imports)',
      'typescript(no-base-to-string)',
      'typescript(no-floating-promises)',
      'typescript(no-unnecessary-condition)',
      'typescript(no-unsafe-assignment)',
      'typescript(no-unsafe-member-access)',
      'typescript(no-unsafe-return)',
      'typescript(restrict-template-expressions)',
      'typescript(switch-exhaustiveness-check)',
    ]),
  );
});

it('fails where another value stands for an instance of a class', () => {
  const args = ['--config', 'eslint.typed.config.mjs', '--format', 'json', folder];
  const { stdout } = spawnSync('eslint', args, { cwd: root, encoding: 'utf8' });
  const found = JSON.parse(stdout) as { messages: { ruleId: string }[] }[];
  expect(found.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId))).toEqual([
    '@typescript-eslint/no-unsafe-class-instance-assignment',
  ]);
});
