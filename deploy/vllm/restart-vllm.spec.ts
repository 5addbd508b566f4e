import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

// It calls restart-vllm.sh, with the flags of a verifier's server.
const script = join(import.meta.dirname, 'restart-verifier.sh');
const needed = ['curl', 'flock', 'setsid'];
const missing = needed.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
const isAbsent = process.platform !== 'linux' || missing.length > 0;
if (isAbsent) process.stderr.write(`skipping restart-vllm.sh: it needs Linux with ${needed.join(', ')}\n`);

/** Started as vLLM is; lists the one name that it has, or ends with words on a folder named `bad`. */
const SERVER = `#!${process.execPath}
const { createServer } = require('node:http');
const at = (flag) => process.argv[process.argv.indexOf(flag) + 1];
if (at('--model') === 'bad') {
  console.error('loading\\nno model there');
  process.exitCode = 3;
} else {
  const data = [{ id: at('--served-model-name'), flags: process.argv.slice(-4) }];
  createServer((_, response) => response.end(JSON.stringify({ data }))).listen(at('--port'), '127.0.0.1');
}
`;

let folder: string;
let port: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-restart-'));
  writeFileSync(join(folder, 'python'), SERVER);
  chmodSync(join(folder, 'python'), 0o755);
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  port = String((probe.address() as AddressInfo).port);
  await new Promise((done) => probe.close(done));
});

afterEach(() => {
  if (existsSync(join(folder, 'state/server')))
    spawnSync('sh', ['-c', 'kill -s KILL -- "-$0"', String(pid())]);
  rmSync(folder, { recursive: true, force: true });
});

const pid = (): number => Number(readFileSync(join(folder, 'state/server'), 'utf8').split(' ')[0]);

function restart(
  model: string,
  digest: string,
  settings: Readonly<Record<string, string>> = {},
): { readonly status: number | null; readonly stderr: string } {
  return spawnSync(script, [model, digest], {
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      ...{ PATH: process.env['PATH'], VLLM_PYTHON: join(folder, 'python') },
      ...{ VLLM_PORT: port, VLLM_KEEP: '1', VLLM_STATE: join(folder, 'state') },
      ...settings,
    },
  });
}

async function listed(): Promise<unknown> {
  return ((await (await fetch(`http://127.0.0.1:${port}/v1/models`)).json()) as { data: unknown }).data;
}

it.skipIf(isAbsent)(
  'has one server serve what it is called with, and leaves one alone that does',
  { timeout: 120_000 },
  async () => {
    const planned = { VLLM_FLAGS: '--dtype float32 --max-model-len 96' };
    expect(restart('one', 'sha256:1', planned)).toMatchObject({ status: 0, stderr: '' });
    expect(await listed()).toEqual([
      { id: 'sha256:1', flags: ['--dtype', 'float32', '--max-model-len', '96'] },
    ]);
    const first = pid();
    expect(restart('one', 'sha256:1').status).toBe(0);
    expect(pid()).toBe(first);
    expect(restart('two', 'sha256:2').status).toBe(0);
    // One port serves one server.
    expect(await listed()).toMatchObject([{ id: 'sha256:2' }]);
    // One that was lost is started again.
    process.kill(pid(), 'SIGKILL');
    expect(restart('two', 'sha256:2').status).toBe(0);
    expect(await listed()).toMatchObject([{ id: 'sha256:2' }]);
  },
);

it.skipIf(isAbsent)(
  "serves a verifier in its folder's own dtype, or in the one that is set",
  { timeout: 120_000 },
  async () => {
    const model = join(folder, 'model');
    mkdirSync(model);
    const dtypeOf = async (digest: string, settings = {}) => {
      expect(restart(model, digest, settings)).toMatchObject({ status: 0, stderr: '' });
      return ((await listed()) as readonly { flags: readonly string[] }[])[0]?.flags.at(-1);
    };
    writeFileSync(join(model, 'config.json'), JSON.stringify({ dtype: 'float32', id2label: {} }, null, 2));
    expect(await dtypeOf('sha256:1')).toBe('float32');
    writeFileSync(join(model, 'config.json'), JSON.stringify({ torch_dtype: 'bfloat16' }));
    expect(await dtypeOf('sha256:2')).toBe('bfloat16');
    expect(await dtypeOf('sha256:3', { VLLM_DTYPE: 'half' })).toBe('half');
  },
);

it.skipIf(isAbsent)('fails with the last words of a server that ends', { timeout: 60_000 }, () => {
  expect(restart('bad', 'sha256:3')).toMatchObject({ status: 1, stderr: 'no model there\n' });
});

it.skipIf(isAbsent)('rolls a Deployment out with another model, and ends as kubectl does', () => {
  const kubectl = join(folder, 'kubectl');
  writeFileSync(kubectl, `#!/bin/sh\necho "$*" >>"${folder}/asked"\n[ "$1" != rollout ] || exit 3\n`);
  chmodSync(kubectl, 0o755);
  const { status } = spawnSync(
    join(import.meta.dirname, 'restart-deployment.sh'),
    ['/store/a b', 'sha256:1'],
    { env: { PATH: process.env['PATH'], KUBECTL: kubectl, VLLM_DEPLOYMENT: 'mine' } },
  );
  expect(status).toBe(3);
  expect(readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n')).toEqual([
    'set env deployment/mine MODEL_FOLDER=/store/a b MODEL_DIGEST=sha256:1',
    'scale deployment/mine --replicas=1',
    'rollout status deployment/mine --timeout=19m',
  ]);
});
