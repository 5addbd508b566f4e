import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { zipOf } from '../testing/zip.ts';
import { cudaFolder, installCuda } from './install-cuda.ts';
import { CUDA_WHEELS, PROVIDER_VERSION, type Wheel } from './wheels.ts';

const LIBRARY = Buffer.from('a library, as it were '.repeat(1000));
const bytes = zipOf([
  { name: 'package/other.txt', data: Buffer.from('x'), packed: false },
  { name: 'package/lib/libone.so', data: LIBRARY, packed: true },
  { name: 'package/lib/libtwo.so', data: Buffer.from('two'), packed: false },
]);
const hashOf = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const wheel: Wheel = {
  project: 'some-package',
  file: 'some_package-1.0-py3-none-any.whl',
  sizeBytes: bytes.length,
  sha256: hashOf(bytes),
  libraries: ['package/lib/libone.so', 'package/lib/libtwo.so'],
};

/** What the registry gives, and what it was asked. */
let served: Buffer;
let asked: string[];
let tools: string;
let registry: Server;
let index: string;

beforeAll(async () => {
  registry = createServer(({ url = '', headers }, response) => {
    asked.push(`${url} ${headers.range ?? ''}`.trim());
    if (url === '/simple/some-package/') {
      const files = [{ filename: wheel.file, url: '../../files/it.whl', hashes: { sha256: wheel.sha256 } }];
      response
        .setHeader('content-type', 'application/vnd.pypi.simple.v1+json')
        .end(JSON.stringify({ files }));
      return;
    }
    if (url !== '/files/it.whl') return void response.writeHead(404).end();
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const range = `bytes ${start}-${served.length - 1}/${served.length}`;
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': served.length - start,
      ...(start > 0 ? { 'content-range': range } : {}),
    });
    response.end(served.subarray(start));
  });
  await new Promise<void>((resolve) => void registry.listen(0, '127.0.0.1', resolve));
  index = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/simple`;
});

beforeEach(() => {
  [served, asked] = [bytes, []];
  tools = mkdtempSync(join(tmpdir(), 'sipf-cuda-'));
  return () => {
    rmSync(tools, { recursive: true });
  };
});

afterAll(() => {
  registry.close();
});

const { signal } = new AbortController();
const install = (): Promise<string> => installCuda({ index, signal, wheels: [wheel], tools });

it('brings the libraries alone, under a name that the pins decide, and asks nobody a second time', async () => {
  const folder = await install();
  expect(folder).toBe(cudaFolder([wheel], tools));
  expect(cudaFolder([{ ...wheel, sha256: hashOf(LIBRARY) }], tools)).not.toBe(folder);
  expect(readFileSync(join(folder, 'libone.so'))).toEqual(LIBRARY);
  expect(readFileSync(join(folder, 'libtwo.so'), 'utf8')).toBe('two');
  expect(readdirSync(folder).filter((name) => name.endsWith('.whl'))).toEqual([]);
  asked = [];
  expect(await install()).toBe(folder);
  expect(asked).toEqual([]);
});

it('goes on where a download was broken off', async () => {
  const draft = `${cudaFolder([wheel], tools)}.part`;
  mkdirSync(draft);
  writeFileSync(join(draft, wheel.file), bytes.subarray(0, 100));
  expect(readFileSync(join(await install(), 'libone.so'))).toEqual(LIBRARY);
  expect(asked).toContain('/files/it.whl bytes=100-');
  expect(existsSync(draft)).toBe(false);
});

it('takes no other content than the pinned one', async () => {
  served = Buffer.from(bytes);
  served[50] = (served[50] ?? 0) ^ 1;
  await expect(install()).rejects.toMatchObject({ kind: 'data-loss' });
  expect(existsSync(cudaFolder([wheel], tools))).toBe(false);
});

it('names the file that a registry does not have', async () => {
  const other = { ...wheel, sha256: hashOf(LIBRARY) };
  const refused = installCuda({ index, signal, wheels: [other], tools });
  await expect(refused).rejects.toMatchObject({
    reason: 'WHEEL_NOT_FOUND',
    message: expect.stringContaining(other.file) as string,
  });
});

it('says which library a package lacks', async () => {
  const lacking = { ...wheel, libraries: ['package/lib/libthree.so'] };
  const refused = installCuda({ index, signal, wheels: [lacking], tools });
  await expect(refused).rejects.toMatchObject({ reason: 'WHEEL_INVALID' });
});

it('pins the provider of the onnxruntime that is installed, and every file by size and hash', () => {
  const lock = readFileSync(new URL('../../../../package-lock.json', import.meta.url), 'utf8');
  const { packages } = JSON.parse(lock) as {
    readonly packages: Record<string, { readonly version: string }>;
  };
  expect(PROVIDER_VERSION).toBe(packages['node_modules/onnxruntime-node']?.version);
  expect(CUDA_WHEELS[0]?.file).toContain(`-${PROVIDER_VERSION}-`);
  for (const { sha256, sizeBytes, libraries, file } of CUDA_WHEELS) {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(sizeBytes).toBeGreaterThan(1e6);
    expect(libraries.length).toBeGreaterThan(0);
    expect(file).toMatch(/x86_64\.whl$/);
  }
});
