import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { natsBinary } from '../testing/nats-for-tests.ts';
import { findNatsServer } from './find-nats-server.mjs';
import { startNatsServer } from './start-nats-server.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipf-find-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A program of that name which answers `--version` like this. */
async function makeProgram(subfolder: string, answer: string): Promise<string> {
  await mkdir(join(folder, subfolder), { recursive: true });
  const binary = join(folder, subfolder, 'nats-server');
  await writeFile(binary, `#!/bin/sh\necho '${answer}'\n`);
  await chmod(binary, 0o755);
  return binary;
}

const search = (env: Record<string, string>) =>
  findNatsServer({ toolsFolder: join(folder, 'tools'), env, download: false });

it('takes NATS_URL before anything else', async () => {
  await makeProgram('bin', 'nats-server: v2.10.0');
  const env = { NATS_URL: 'nats://broker:4222', PATH: join(folder, 'bin') };
  expect(await search(env)).toEqual({ kind: 'url', url: 'nats://broker:4222' });
});

it('takes a program on PATH before the tool folder', async () => {
  const binary = await makeProgram('bin', 'nats-server: v2.10.0');
  await makeProgram('tools/nats-server', 'nats-server: v2.9.10');
  expect(await search({ PATH: `/nowhere:${join(folder, 'bin')}` })).toEqual({ kind: 'binary', binary });
});

it('passes over programs that do not run or are something else', async () => {
  await makeProgram('bin', 'hello');
  const binary = await makeProgram('tools/nats-server', 'nats-server: v2.9.10');
  expect(await search({ PATH: join(folder, 'bin') })).toEqual({ kind: 'binary', binary });
});

it('finds nothing without a server and without fetching one', async () => {
  expect(await search({ PATH: folder })).toBeUndefined();
});

it('says why a server does not start', async () => {
  const binary = join(folder, 'nats-server');
  await writeFile(binary, '#!/bin/sh\necho "cannot bind" >&2\nexit 1\n');
  await chmod(binary, 0o755);
  const start = startNatsServer({ binary, storeDir: folder });
  await expect(start).rejects.toMatchObject({
    kind: 'unavailable',
    message: 'nats-server did not start: cannot bind',
  });
  await expect(startNatsServer({ binary: join(folder, 'none'), storeDir: folder })).rejects.toThrow('ENOENT');
});

it.skipIf(natsBinary === undefined)('refuses a port that is taken, in the words of the server', async () => {
  const binary = natsBinary ?? '';
  const server = await startNatsServer({ binary, storeDir: join(folder, 'a') });
  const second = startNatsServer({ binary, storeDir: join(folder, 'b'), port: server.port });
  await expect(second).rejects.toThrow('address already in use');
  await server.stop();
});

it.skipIf(natsBinary === undefined)('ends with who started it, however that ends', async () => {
  const program = `
    const { startNatsServer } = await import(process.argv[1]);
    console.log((await startNatsServer({ binary: process.argv[2], storeDir: process.argv[3] })).pid);
    setInterval(() => {}, 1e6);`;
  const module = new URL('./start-nats-server.ts', import.meta.url).href;
  const args = ['--input-type=module', '-e', program, module, natsBinary ?? '', join(folder, 'a')];
  const starter = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = Number(((await once(starter.stdout, 'data')) as [Buffer])[0].toString());
  process.kill(pid, 0);
  starter.kill('SIGKILL');
  await vi.waitFor(
    () => {
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    },
    { timeout: 10_000 },
  );
});
