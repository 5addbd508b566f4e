// Entry of every npm script: sets up a bare clone, then runs the command on the pinned Node.
// Plain JavaScript without dependencies, for any Node >= 20.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './dependencies.mjs';
import { buildPage } from './page.mjs';
import { pinnedNode } from './pinned-node.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The script of each command and its first arguments. */
const commands = {
  start: ['apps/sipf/src/main.ts', 'run', '--embedded'],
  sipf: ['apps/sipf/src/main.ts'],
  test: ['test/run/main.ts'],
  check: ['test/run/main.ts', '--check-only'],
  nightly: ['test/run/nightly.ts'],
  tools: ['deploy/tools/main.ts'],
  parity: ['test/parity/main.ts'],
  'gpu-check': ['test/gpu-check/main.ts'],
  generate: ['test/run/generate.ts'],
  format: ['node_modules/oxfmt/bin/oxfmt', '.'],
};

/** Commands that serve the page, or test it. */
const withPage = ['start', 'sipf', 'test'];

const [name = '', ...rest] = process.argv.slice(2);
const command = commands[name];
if (command === undefined && name !== 'build-dashboard') {
  console.error(
    `unknown command "${name}"; one of: ${[...Object.keys(commands), 'build-dashboard'].join(', ')}`,
  );
  process.exit(64);
}

installDependencies(root);
const node = pinnedNode(root);
if (command === undefined) process.exit(buildPage(root, node) ? 0 : 1);
// A page that cannot be built is no reason to stop: everything else works.
if (withPage.includes(name)) buildPage(root, node);
// `sipf` takes paths relative to the caller's folder; the other commands work on the repository.
const cwd = name === 'sipf' ? process.cwd() : root;
const [script = '', ...first] = command;
const child = spawn(node, [join(root, script), ...first, ...rest], {
  cwd,
  stdio: 'inherit',
  env: {
    ...process.env,
    // Before anything loads onnxruntime: see SECURITY.md.
    ORT_DISABLE_TELEMETRY: '1',
    PATH: [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(':'),
    // Our programs load hundreds of TypeScript files: with a compile cache they start in half of the processor time.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compiled'),
  },
});
// The command decides what a signal means; this process only outlives it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`could not run ${node}: ${error.message}`);
  process.exit(70);
});
child.on('exit', (status, signal) => process.exit(status ?? 128 + (constants.signals[signal] ?? 0)));
