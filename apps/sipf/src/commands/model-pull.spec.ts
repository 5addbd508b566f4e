import { COMMIT, startHub } from '@sipf/models/testing/hub';
import { temporaryFolder } from '@sipf/runs/testing';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '../program.ts';
import { testTerminal } from '../testing/test-terminal.ts';

const FILES = {
  'adapter_config.json': Buffer.from('{"peft_type":"LORA"}'),
  'adapter_model.safetensors': Buffer.alloc(5000, 7),
  'README.md': Buffer.from('text'),
};

async function pull(
  cwd: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  isTerminal = false,
) {
  const terminal = testTerminal({ cwd, env, isTerminal });
  const status = await runProgram(['model', 'pull', ...argv], terminal);
  return { status, output: terminal.output(), shown: terminal.shown() };
}

it('downloads into ./models/<name> from the hub that HF_ENDPOINT names, over a dropped connection', async () => {
  const hub = await startHub(FILES);
  hub.misbehave.set('adapter_model.safetensors', [{ kind: 'drop', afterBytes: 1000 }]);
  using folder = temporaryFolder();
  const cwd = folder.path;
  const { status, output, shown } = await pull(cwd, ['tests/tiny@main', '--json'], {
    HF_ENDPOINT: hub.baseUrl,
    HF_TOKEN: 'secret',
  });
  expect(shown).toContain('0.005 MB of 0.005 MB  adapter_model.safetensors');
  expect(status).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    repository: 'tests/tiny',
    commit: COMMIT,
    folder: 'models/tiny',
  });
  const weights = join(cwd, 'models', 'tiny', 'adapter_model.safetensors');
  expect(readFileSync(weights)).toEqual(FILES['adapter_model.safetensors']);
  expect(existsSync(join(cwd, 'models', 'tiny', 'README.md'))).toBe(false);
  expect(hub.requests.length).toBeGreaterThan(2);
  expect(output + shown).not.toContain('secret');
});

it('draws one line on a terminal, and says what it made', async () => {
  const hub = await startHub(FILES);
  const argv = ['tests/tiny', '--endpoint', hub.baseUrl, '--out', 'here'];
  using folder = temporaryFolder();
  const { status, output, shown } = await pull(folder.path, argv, {}, true);
  expect(status).toBe(0);
  expect(shown).toContain('[########################]');
  expect(output).toContain(`here\n  commit ${COMMIT}\n  digest sha256:`);
});

it.each([
  ['a@b@c', 'is not a repository: write org/name or org/name@revision'],
  ['../../etc', '"../../etc" is not the name of a repository (org/name)'],
  ['tests/none', 'the hub has no tests/none@main'],
])('ends with 64 on %s', async (repository, message) => {
  const hub = await startHub(FILES);
  using folder = temporaryFolder();
  const { status, shown } = await pull(folder.path, [repository, '--endpoint', hub.baseUrl], {});
  expect(shown).toContain(message);
  expect(status).toBe(64);
});

it('refuses pickles and an address that is none', async () => {
  const hub = await startHub({ 'config.json': Buffer.from('{}'), 'pytorch_model.bin': Buffer.alloc(9) });
  using folder = temporaryFolder();
  const pickles = await pull(folder.path, ['tests/tiny', '--endpoint', hub.baseUrl], {});
  expect(pickles.status).toBe(64);
  expect(pickles.shown).toContain('convert them to safetensors');
  const address = await pull(folder.path, ['tests/tiny', '--endpoint', 'nowhere'], {});
  expect(address.shown).toContain('--endpoint must be an http or https address, is nowhere');
});
