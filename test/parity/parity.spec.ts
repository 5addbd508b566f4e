import { openSafetensors, writeSafetensors } from '@sipf/models';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runParity, type ParityReport } from './run-parity.ts';

const OWN = resolve(import.meta.dirname, '../fixtures/parity');
const SHARED = resolve(import.meta.dirname, '../../../shared/reference/models');

/** The shared references, and how many quantities each of them but the bfloat16 one has recorded. */
const FAMILIES = [
  ...['gemma', 'llama', 'llama-linear-rope', 'llama-sharded-bf16', 'llama-tied'],
  ...['llama3-rope', 'mistral', 'phi', 'qwen2', 'qwen3'],
];
const QUANTITIES = 34;

/** Quantities that are not within their tolerance, with their errors. */
function outside({ families }: ParityReport): Record<string, number> {
  const all = Object.entries(families).flatMap(([family, quantities]) =>
    Object.entries(quantities).map(([name, comparison]) => [`${family}/${name}`, comparison] as const),
  );
  return Object.fromEntries(
    all.filter(([, { within }]) => !within).map(([name, { error }]) => [name, error]),
  );
}

/** Runs the command in a process of its own. */
async function command(parityDir: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, PARITY_DIR: parityDir };
  return new Promise((done) => {
    execFile(process.execPath, [join(import.meta.dirname, 'main.ts')], { env }, (error, stdout, stderr) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipf-parity-'));
  await cp(OWN, dir, { recursive: true });
});
afterEach(() => rm(dir, { recursive: true }));

describe('parity', () => {
  it('holds on the fixture that plain loops and central differences computed', async () => {
    const report = await runParity(dir, { passUnsupported: false });
    expect(outside(report)).toEqual({});
    expect(Object.keys(report.families['tiny-llama'] ?? {})).toEqual(
      expect.arrayContaining([
        'logits',
        'greedy.tokens',
        'sft.gradients',
        'rpo.gradients',
        'adamw.final_adapter',
        'prm.logits',
      ]),
    );
    expect(report.ok).toBe(true);
  });

  it.skipIf(!existsSync(SHARED))(
    'holds on the shared references of every family (skipped where they are absent)',
    async () => {
      const report = await runParity(SHARED, { passUnsupported: false });
      expect(outside(report)).toEqual({});
      expect(Object.keys(report.families)).toEqual(FAMILIES);
      for (const [name, quantities] of Object.entries(report.families)) {
        expect(Object.keys(quantities)).toHaveLength(name === 'llama-sharded-bf16' ? 1 : QUANTITIES);
      }
      expect(report).toMatchObject({ errors: {}, unsupported: {}, ok: true });
    },
  );

  it('shows which quantity is off when a recorded number is changed', async () => {
    const file = join(dir, 'tiny-llama/expected.safetensors');
    const expected = openSafetensors(file);
    const tensors = new Map(expected.names.map((name) => [name, expected.tensor(name)]));
    expected.close();
    tensors.set('sft.loss', { dtype: 'float32', shape: [1], data: Float32Array.of(1) });
    await writeSafetensors(file, tensors);
    const report = await runParity(dir, { passUnsupported: false });
    expect(Object.keys(outside(report))).toEqual(['tiny-llama/sft.loss']);
    expect(report.ok).toBe(false);
  });

  it('passes over a family that is not supported only where the flags say so', async () => {
    await writeFile(join(dir, 'tiny-llama/model/config.json'), '{"model_type":"unheard-of"}');
    await cp(join(OWN, 'tiny-llama'), join(dir, 'known'), { recursive: true });
    for (const passUnsupported of [true, false]) {
      const report = await runParity(dir, { passUnsupported });
      expect(Object.keys(report.unsupported)).toEqual(['tiny-llama']);
      expect(report.ok).toBe(passUnsupported);
    }
  });
});

describe('the parity command', () => {
  it('prints JSON alone and succeeds where all is within tolerance', async () => {
    const { code, stdout, stderr } = await command(dir);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      families: { 'tiny-llama': { logits: { within: true } } },
    });
    expect(code).toBe(0);
  });

  it("takes one family's own folder too", async () => {
    expect((await command(join(dir, 'tiny-llama'))).code).toBe(0);
  });

  it('fails on a folder of broken content, and says what is broken', async () => {
    await truncate(join(dir, 'tiny-llama/model/model.safetensors'), 100);
    const { code, stdout } = await command(dir);
    const report = JSON.parse(stdout) as ParityReport;
    expect(Object.keys(report.errors)).toEqual(['tiny-llama']);
    expect(report.ok).toBe(false);
    expect(code).toBe(1);
  });

  it('fails on a folder of nothing, and on one that does not exist', async () => {
    const empty = join(dir, 'tiny-llama/adapter');
    expect((await command(empty)).code).toBe(1);
    expect((await command(join(dir, 'missing'))).code).toBe(1);
  });
});
