import { expect, it } from 'vitest';
import { runProgram } from '../program.ts';
import { testTerminal } from '../testing/test-terminal.ts';

it.each([
  ['no registry is named', ['cuda'], "--index: name a Python registry's index"],
  ['the registry is no address', ['cuda', '--index', 'here'], '--index must be an http or https address'],
  ['the device needs nothing', ['webgpu'], '"webgpu" cannot be installed: write cuda'],
])('refuses before anything is fetched where %s', async (_, argv, why) => {
  const terminal = testTerminal({ env: {} });
  expect(await runProgram(['device', 'install', ...argv], terminal)).toBe(64);
  expect(terminal.shown()).toContain(why);
});
