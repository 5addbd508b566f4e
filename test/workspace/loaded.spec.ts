import { plainEnvironment } from '@sipf/service/testing';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { root } from '../run/step.ts';

const folder = mkdtempSync(join(tmpdir(), 'sipf-loaded-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Writes every file that a process loads as a line of standard error. */
const HOOK = `import { registerHooks } from 'node:module';
registerHooks({ load: (url, context, next) => (console.error(url), next(url, context)) });`;

/** The libraries and packages that a call of the command line loads. */
function loadedBy(...args: readonly string[]): ReadonlySet<string> {
  const hook = `data:text/javascript,${encodeURIComponent(HOOK)}`;
  const main = join(root, 'apps/sipf/src/main.ts');
  const call = ['--import', hook, main, ...args];
  const { stderr } = spawnSync(process.execPath, call, { env: plainEnvironment, encoding: 'utf8' });
  const urls = stderr.matchAll(/^file:.*?\/(?:libs|node_modules)\/((?:@[^/]+\/)?[^/]+)\//gm);
  return new Set(Array.from(urls, ([, name = '']) => name));
}

it('a command that reads runs loads no engine, and no client of a server that it does not ask', () => {
  const loaded = loadedBy('status', '--runs', folder);
  expect(loaded).toContain('runs');
  for (const heavy of ['models', 'graph', 'onnxruntime-node', 'nats', '@aws-sdk/client-s3'])
    expect(loaded).not.toContain(heavy);
});
