import {
  linearModules,
  loadAdapterFolder,
  loadModelFolder,
  mergeLora,
  openSafetensors,
  parameterShapes,
  saveModelFolder,
  type DecoderConfig,
  type HostTensor,
} from '@sipf/models';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeRandomAdapter, type BaseFolder } from '../testing/random-adapter.ts';
import { RECIPE_POLICY, randomModel } from '../testing/random-model.ts';
import { halfBits } from './half-precision.ts';
import { mergeFolder } from './merge-folder.ts';
import { adapterParts, configWithAdapter } from './merged-weights.ts';

const root = mkdtempSync(join(tmpdir(), 'sipf-merge-'));
const head = { kind: 'token-classification', numLabels: 2, features: 'hidden' } as const;
const RANK = 40;

afterAll(() => {
  rmSync(root, { recursive: true });
});

/** A base of random weights, norms in float32 and matrices in a dtype, and a verifier's adapter on it. */
async function modelsIn(dtype: 'float32' | 'bfloat16' | 'float16') {
  const config: DecoderConfig = RECIPE_POLICY;
  const values = randomModel(config, 'base').tensors;
  const tensors = new Map(
    [...parameterShapes(config)].map(([name, shape]): [string, HostTensor] => {
      const data = values.get(name) ?? new Float32Array();
      if (dtype === 'float32' || shape.length < 2) return [name, { dtype: 'float32', shape, data }];
      return [name, { dtype, shape, data: halfBits(data, dtype, name) }];
    }),
  );
  const parent = join(root, dtype);
  const folder = join(parent, 'base');
  const base: BaseFolder = { config, folder, digest: await saveModelFolder(folder, { config, tensors }) };
  const adapterFolder = await writeRandomAdapter(parent, 'verifier', { base, head, rank: RANK, alpha: 20 });
  return { parent, base, adapterFolder };
}

let bfloat: Awaited<ReturnType<typeof modelsIn>>;

beforeAll(async () => {
  bfloat = await modelsIn('bfloat16');
});

it.each(['float32', 'bfloat16', 'float16'] as const)(
  "merges into a base of %s in the base's own dtypes, sums rounded once and the rest byte for byte",
  async (dtype) => {
    const { parent, base, adapterFolder } = dtype === 'bfloat16' ? bfloat : await modelsIn(dtype);
    const out = join(parent, 'merged');
    const digest = await mergeFolder({ folder: base.folder, adapterFolder, out });
    const [before, after] = [await loadModelFolder(base.folder), await loadModelFolder(out)];
    expect(after.digest).toBe(digest);
    const config = configWithAdapter(base.config, adapterFolder);
    const adapter = await loadAdapterFolder(adapterFolder, { config, digest: base.digest });
    const partOf = adapterParts(config, adapter);
    let sums = 0;
    for (const name of parameterShapes(config).keys()) {
      const part = partOf(name);
      const merged = after.tensors.tensor(name);
      if (part === undefined) expect(merged).toEqual(before.tensors.tensor(name));
      else if (part.kind === 'replaced') expect(merged).toEqual(adapter.tensors.tensor(part.name));
      else {
        sums += 1;
        const exact = mergeLora({ weight: before.tensors.float32(name), ...part.read() }, part.lora);
        expect(merged.dtype).toBe(dtype);
        expect(merged.data).toEqual(dtype === 'float32' ? exact : halfBits(exact, dtype, name));
      }
    }
    expect(sums).toBe(linearModules(base.config).size);
    adapter.close();
    before.close();
    after.close();
  },
);

it('gives the same bits again, and another dtype where one is asked for', async () => {
  const { parent, base, adapterFolder } = bfloat;
  const order = { folder: base.folder, adapterFolder };
  const twice = await Promise.all(
    ['one', 'two'].map((name) => mergeFolder({ ...order, out: join(parent, name) })),
  );
  expect(twice[0]).toBe(twice[1]);
  await mergeFolder({ ...order, out: join(parent, 'wide'), dtype: 'float32' });
  const wide = openSafetensors(join(parent, 'wide', 'model.safetensors'));
  expect(new Set(wide.names.map((name) => wide.dtype(name)))).toEqual(new Set(['float32']));
  wide.close();
});

it('leaves the calling thread free', async () => {
  const { parent, base, adapterFolder } = bfloat;
  const before = performance.eventLoopUtilization();
  await mergeFolder({ folder: base.folder, adapterFolder, out: join(parent, 'aside') });
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
});

it('leaves nothing behind where its call ends before it does', async () => {
  const { parent, base, adapterFolder } = bfloat;
  const files = readdirSync(parent);
  const merging = mergeFolder(
    { folder: base.folder, adapterFolder, out: join(parent, 'cancelled') },
    { signal: AbortSignal.timeout(1) },
  );
  await expect(merging).rejects.toMatchObject({
    kind: expect.stringMatching(/cancelled|deadline/) as string,
  });
  expect(readdirSync(parent)).toEqual(files);
});
