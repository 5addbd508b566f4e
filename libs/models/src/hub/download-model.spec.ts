import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parameterShapes } from '../families/registry.ts';
import { digestFolder } from '../storage/digest-folder.ts';
import { loadModelFolder } from '../storage/load-model-folder.ts';
import { saveModelFolder } from '../storage/save-model-folder.ts';
import { temporaryFolder } from '../storage/testing/temporary-folder.ts';
import { TINY_CONFIG, tinyWeights } from '../storage/testing/tiny-model.ts';
import { writeSafetensors } from '../storage/write-safetensors.ts';
import { downloadModel, type DownloadProgress, type ModelDownload } from './download-model.ts';
import { readHubName } from './model-source.ts';
import { COMMIT, type HubServer, type HubServerOptions, sha256, startHub } from './testing/hub-server.ts';

const WEIGHTS = 'model.safetensors';

/** The files of a saved tiny model. */
async function modelFiles(): Promise<Record<string, Buffer>> {
  const dir = join(temporaryFolder(), 'model');
  await saveModelFolder(dir, { config: TINY_CONFIG, tensors: tinyWeights() });
  return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name))]));
}

async function hub(
  change: (files: Record<string, Buffer>) => void = () => undefined,
  options?: HubServerOptions,
) {
  const files = await modelFiles();
  change(files);
  return { files, server: await startHub(files, options) };
}

function request(server: HubServer, more: Partial<ModelDownload> = {}): ModelDownload {
  const dir = join(temporaryFolder(), 'models', 'tiny');
  return { repo: 'tests/tiny', baseUrl: server.baseUrl, dir, retryDelayMs: 1, idleTimeoutMs: 5000, ...more };
}

const partsOf = ({ dir }: ModelDownload) => join(dirname(dir), '.tiny.download');
const startsOf = (server: HubServer, file: string) =>
  server.requests.filter((served) => served.file === file).map(({ start }) => start);

describe('downloadModel', () => {
  it('brings a model that loads, with its commit and digest', async () => {
    const { files, server } = await hub((all) => (all['README.md'] = Buffer.from('text')));
    const progress: DownloadProgress[] = [];
    const wanted = request(server, { onProgress: (step) => progress.push(step) });
    const model = await downloadModel(wanted);
    expect(model).toMatchObject({ commit: COMMIT, digest: await digestFolder(wanted.dir) });
    const source = 'sipf-source.json';
    expect(readdirSync(wanted.dir).sort()).toEqual([
      'config.json',
      'generation_config.json',
      WEIGHTS,
      source,
    ]);
    expect(readHubName(wanted.dir)).toBe(wanted.repo);
    for (const { name, sizeBytes } of model.files) {
      expect(readFileSync(join(wanted.dir, name))).toEqual(files[name]);
      expect(sizeBytes).toBe(files[name]?.length);
    }
    expect(progress.at(-1)).toEqual({
      file: WEIGHTS,
      receivedBytes: files[WEIGHTS]?.length,
      totalBytes: files[WEIGHTS]?.length,
    });
    expect(existsSync(partsOf(wanted))).toBe(false);
    (await loadModelFolder(wanted.dir)).close();
  });

  it('resumes where a dropped connection ended, as often as it takes', async () => {
    const { files, server } = await hub();
    server.misbehave.set(
      WEIGHTS,
      Array.from({ length: 8 }, () => ({ kind: 'drop', afterBytes: 300 })),
    );
    const wanted = request(server, { retries: 3 });
    await downloadModel(wanted);
    const starts = startsOf(server, WEIGHTS);
    expect(starts).toHaveLength(9);
    expect(starts[0]).toBe(0);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.at(-1)).toBeGreaterThan(600);
    expect(readFileSync(join(wanted.dir, WEIGHTS))).toEqual(files[WEIGHTS]);
  });

  it('resumes in a later call where an earlier one failed, without what it has', async () => {
    const { files, server } = await hub();
    const busy = Array.from({ length: 3 }, () => ({ kind: 'status', status: 503 }) as const);
    server.misbehave.set(WEIGHTS, [{ kind: 'stall' }, ...busy]);
    const wanted = request(server, { retries: 2, idleTimeoutMs: 200 });
    await expect(downloadModel(wanted)).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'HUB_UNAVAILABLE',
    });
    expect(existsSync(wanted.dir)).toBe(false);
    const content = files[WEIGHTS] ?? Buffer.alloc(0);
    expect(statSync(join(partsOf(wanted), sha256(content))).size).toBe(1);
    server.requests.length = 0;
    await downloadModel(wanted);
    expect(server.requests).toMatchObject([{ file: WEIGHTS, start: 1 }]);
  });

  it('starts again where the server knows no ranges', async () => {
    const { files, server } = await hub();
    server.misbehave.set(WEIGHTS, [{ kind: 'stall' }, { kind: 'ignore-range' }]);
    const wanted = request(server, { idleTimeoutMs: 200 });
    await downloadModel(wanted);
    expect(startsOf(server, WEIGHTS)).toEqual([0, 0]);
    expect(readFileSync(join(wanted.dir, WEIGHTS))).toEqual(files[WEIGHTS]);
  });

  it('waits out a hub that is busy, and a connection that falls silent', async () => {
    const { server } = await hub();
    server.listStatuses.push(503, 429);
    server.misbehave.set(WEIGHTS, [{ kind: 'status', status: 500 }, { kind: 'stall' }]);
    await downloadModel(request(server, { idleTimeoutMs: 200 }));
    expect(startsOf(server, WEIGHTS)).toEqual([0, 0, 1]);
  });

  it.each([{ kind: 'corrupt' }, { kind: 'append', bytes: 1 }] as const)(
    'takes content that is not what the hash says (%j) once more, and then refuses it',
    async (misbehaviour) => {
      const { files, server } = await hub();
      server.misbehave.set(WEIGHTS, [misbehaviour]);
      const wanted = request(server);
      await downloadModel(wanted);
      expect(readFileSync(join(wanted.dir, WEIGHTS))).toEqual(files[WEIGHTS]);
      server.misbehave.set(WEIGHTS, [misbehaviour, misbehaviour]);
      await expect(downloadModel(request(server))).rejects.toMatchObject({
        kind: 'data-loss',
        reason: 'HUB_CONTENT_MISMATCH',
        metadata: { file: WEIGHTS },
      });
    },
  );

  it('downloads what lies there damaged from an earlier call again', async () => {
    const { files, server } = await hub();
    const wanted = request(server);
    mkdirSync(partsOf(wanted), { recursive: true });
    const content = files[WEIGHTS] ?? Buffer.alloc(0);
    writeFileSync(join(partsOf(wanted), sha256(content)), Buffer.alloc(content.length));
    await downloadModel(wanted);
    expect(readFileSync(join(wanted.dir, WEIGHTS))).toEqual(content);
  });

  it('asks for sizes and hashes one by one where the list lacks them', async () => {
    const { files, server } = await hub(undefined, { listed: false });
    server.misbehave.set(WEIGHTS, [{ kind: 'corrupt' }]);
    const wanted = request(server);
    await downloadModel(wanted);
    expect(readFileSync(join(wanted.dir, WEIGHTS))).toEqual(files[WEIGHTS]);
  });

  it('refuses files without a hash', async () => {
    const { server } = await hub(undefined, { hashed: false });
    await expect(downloadModel(request(server))).rejects.toMatchObject({ reason: 'HUB_HASH_MISSING' });
  });

  it('takes the shards that the index names, and no other copy of the weights', async () => {
    const shards = [...tinyWeights()];
    const map: Record<string, string> = {};
    const extra: Record<string, Buffer> = { 'consolidated.safetensors': Buffer.from('a copy') };
    for (const [part, tensors] of [shards.slice(0, 4), shards.slice(4)].entries()) {
      const name = `model-0000${part + 1}-of-00002.safetensors`;
      const path = join(temporaryFolder(), name);
      await writeSafetensors(path, new Map(tensors));
      extra[name] = readFileSync(path);
      for (const [tensor] of tensors) map[tensor] = name;
    }
    extra['model.safetensors.index.json'] = Buffer.from(JSON.stringify({ weight_map: map }));
    const { files, server } = await hub((all) => {
      Object.assign(all, extra);
      Reflect.deleteProperty(all, WEIGHTS);
    });
    const wanted = request(server);
    await downloadModel(wanted);
    expect(readdirSync(wanted.dir)).not.toContain('consolidated.safetensors');
    const model = await loadModelFolder(wanted.dir);
    expect(model.tensors.names).toHaveLength(parameterShapes(TINY_CONFIG).size);
    model.close();
    Reflect.deleteProperty(files, 'model-00002-of-00002.safetensors');
    await expect(downloadModel(request(server))).rejects.toMatchObject({ reason: 'SHARD_NOT_FOUND' });
  });

  it.each(['pytorch_model.bin', 'model.pt', 'pytorch_model-00001-of-00002.bin', 'weights.pkl'])(
    'refuses a repository whose weights are pickles: %s',
    async (pickle) => {
      const { server } = await hub((files) => {
        Reflect.deleteProperty(files, WEIGHTS);
        files[pickle] = Buffer.from('\x80\x04');
      });
      await expect(downloadModel(request(server))).rejects.toMatchObject({
        kind: 'failed-precondition',
        reason: 'PICKLE_REFUSED',
        violations: [{ field: pickle }],
      });
      expect(server.requests).toEqual([]);
    },
  );

  it('leaves pickles alone that lie beside safetensors', async () => {
    const { server } = await hub((files) => (files['pytorch_model.bin'] = Buffer.from('\x80\x04')));
    const wanted = request(server);
    await downloadModel(wanted);
    expect(readdirSync(wanted.dir)).not.toContain('pytorch_model.bin');
    expect(server.requests.map(({ file }) => file)).not.toContain('pytorch_model.bin');
  });

  it('refuses a family that cannot be loaded before it downloads the weights', async () => {
    const { server } = await hub((files) => (files['config.json'] = Buffer.from('{"model_type":"mamba"}')));
    await expect(downloadModel(request(server))).rejects.toMatchObject({ reason: 'UNKNOWN_MODEL_TYPE' });
    expect(startsOf(server, WEIGHTS)).toEqual([]);
  });

  it('never writes over a folder', async () => {
    const { server } = await hub();
    const wanted = request(server);
    mkdirSync(wanted.dir, { recursive: true });
    await expect(downloadModel(wanted)).rejects.toMatchObject({
      kind: 'already-exists',
      reason: 'FOLDER_EXISTS',
    });
    expect(server.requests).toEqual([]);
  });

  it.each([
    [404, 'not-found', 'HUB_REPOSITORY_NOT_FOUND'],
    [401, 'failed-precondition', 'HUB_ACCESS_DENIED'],
    [403, 'failed-precondition', 'HUB_ACCESS_DENIED'],
    [418, 'failed-precondition', 'HUB_ANSWER_INVALID'],
  ])('reports status %d at once', async (status, kind, reason) => {
    const { server } = await hub();
    server.listStatuses.push(status);
    await expect(downloadModel(request(server))).rejects.toMatchObject({ kind, reason });
  });

  it('refuses an answer with another range than asked for', async () => {
    const { server } = await hub();
    server.misbehave.set(WEIGHTS, [{ kind: 'stall' }, { kind: 'wrong-range' }]);
    await expect(downloadModel(request(server, { idleTimeoutMs: 200 }))).rejects.toMatchObject({
      reason: 'HUB_ANSWER_INVALID',
    });
  });

  it('says so when no hub is there', async () => {
    const { server } = await hub();
    const wanted = { ...request(server), baseUrl: 'http://127.0.0.1:9', retries: 1 };
    await expect(downloadModel(wanted)).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'HUB_UNAVAILABLE',
    });
  });

  it('hears a cancel in mid file, and continues from there later', async () => {
    const { server } = await hub();
    server.misbehave.set(WEIGHTS, [{ kind: 'stall' }]);
    const controller = new AbortController();
    const onProgress = ({ file }: DownloadProgress) => {
      if (file === WEIGHTS) controller.abort();
    };
    const wanted = request(server, { signal: controller.signal, onProgress });
    await expect(downloadModel(wanted)).rejects.toMatchObject({
      kind: 'cancelled',
      reason: 'DOWNLOAD_CANCELLED',
    });
    await downloadModel({ ...wanted, signal: new AbortController().signal, onProgress: () => undefined });
    expect(startsOf(server, WEIGHTS)).toEqual([0, 1]);
  });

  it('sends a token to the hub', async () => {
    const { server } = await hub();
    await downloadModel(request(server, { token: 'secret' }));
    expect(server.requests[0]?.authorization).toBe('Bearer secret');
  });

  it.each([
    { repo: '../etc' },
    { repo: 'a/b/c' },
    { repo: 'a/..' },
    { revision: '../../x' },
    { revision: '' },
  ])('refuses %j as a name', async (names) => {
    const { server } = await hub();
    await expect(downloadModel(request(server, names))).rejects.toMatchObject({
      kind: 'invalid-argument',
      reason: 'HUB_REPOSITORY_INVALID',
    });
  });
});
