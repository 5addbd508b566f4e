import '@sipf/inference/without-telemetry';
import { deviceRefusal, type PrecisionName } from '@sipf/contracts/devices';
import {
  createGenerator,
  createScorer,
  openSession,
  plainnessOf,
  requireDevice,
  type HostOptions,
  type MemorySource,
  type ModelSource,
} from '@sipf/inference';
import { decodedModel } from '@sipf/inference/testing';
import { buildGradientStep } from '@sipf/learning';
import { stepFeeds, tinyBatch, tinyState } from '@sipf/learning/testing';
import { batchOfIds, EVERY_FAMILY, tinyFamily, tinyParameters } from '@sipf/models/testing';
import type { FamilyParity } from './parity.ts';

/**
 * A program, since a fault in a driver would take its process down: `parity-child.ts DEVICE [FAMILY...]` computes tiny models of
 * random weights on the CPU and on a device, and writes what differs as JSON, a line for each family.
 */
type Device = NonNullable<HostOptions['device']>;

const LORA = { kind: 'lora', lora: { rank: 2, alpha: 4, targetModules: 'all-linear', dropout: 0 } } as const;
const ORPO = { kind: 'orpo', lambda: 0.3, nll: 'completion' } as const;
const NEW_TOKENS = 12;
const HALVES = ['float16', 'bfloat16'] as const;

/** The precisions of two bytes that the device computes; WebGPU's may have none. */
async function halvesOf(device: Device): Promise<PrecisionName[]> {
  const there: PrecisionName[] = [];
  for (const precision of HALVES) {
    const refusal = deviceRefusal({ device, precision, quantisation: 'none', work: 'scoring' });
    const trial = await requireDevice(device, precision).catch((error: unknown) => error);
    if (refusal === undefined && trial === undefined) there.push(precision);
  }
  return there;
}

async function logProbs(source: ModelSource, rows: readonly number[][], device: Device): Promise<number[]> {
  const scorer = await createScorer(source, { device });
  const scored: number[][] = [];
  for await (const { rowIndex, logProbs: own } of scorer.logProbs(
    rows.map((ids) => ({ ids, promptLength: 2 })),
  ))
    scored[rowIndex] = [...own];
  await scorer.close();
  return scored.flat();
}

/** What a model writes greedily, and the log-probabilities of all tokens but the prompts' first. */
interface Written {
  readonly text: string;
  readonly logProbs: readonly number[];
}

async function greedy(
  source: ModelSource,
  prompts: readonly (readonly number[])[],
  device: Device,
): Promise<Written> {
  const generator = await createGenerator(source, { device, slots: 4 });
  const sampling = { greedy: true, maxNewTokens: NEW_TOKENS, stopTokenIds: [] };
  const requests = prompts.map((promptIds) => ({ promptIds, seed: 0, sampling, promptLogProbs: true }));
  const written: Written[] = [];
  for await (const { requestIndex, tokenIds, logProbs: own, prompt = [] } of generator.generate(requests)) {
    const ofPrompt = prompt.map(({ logProb }) => logProb);
    written[requestIndex] = { text: tokenIds.join(' '), logProbs: [...ofPrompt, ...own] };
  }
  await generator.close();
  return {
    text: written.map(({ text }) => text).join('\n'),
    logProbs: written.flatMap(({ logProbs: own }) => own),
  };
}

/** Loss and gradient of a pair under LoRA. */
async function gradient(
  config: MemorySource['config'],
  device: Device,
): Promise<{ loss: number; values: number[] }> {
  const { parameters, layout, frozen } = tinyState(config, LORA);
  const step = buildGradientStep({
    config,
    objective: ORPO,
    trainable: LORA,
    frozen,
    plainness: plainnessOf(device),
  });
  const session = await openSession(step.model, { device });
  const [flat, gathered] = step.state.map(({ input }) => input) as [string, string];
  const state = { [flat]: parameters, [gathered]: new Float32Array(layout.size) };
  const results = await session.run(stepFeeds(step, state, { batch: tinyBatch(config, ORPO) }));
  const { output = '' } = step.state[1] ?? {};
  const values = Array.from((results[output]?.data ?? []) as Float32Array);
  const loss = Number(results['loss']?.data[0]);
  await session.close();
  return { loss, values };
}

/** The largest difference, relative where numbers are above 1. */
function difference(cpu: readonly number[], other: readonly number[]): number {
  const each = cpu.map((value, at) => Math.abs(value - (other[at] ?? NaN)) / Math.max(1, Math.abs(value)));
  return each.reduce((most, one) => (one <= most ? most : one), 0);
}

/** The distance of two vectors by the length of the first. */
function distance(cpu: readonly number[], other: readonly number[]): number {
  const norm = (values: readonly number[]): number => Math.hypot(...values);
  return norm(cpu.map((value, at) => value - (other[at] ?? NaN))) / norm(cpu);
}

async function parityOf(
  family: (typeof EVERY_FAMILY)[number],
  device: Device,
  precisions: readonly PrecisionName[],
): Promise<FamilyParity> {
  const config = tinyFamily(family);
  const source = { config, tensors: tinyParameters(config) };
  const rows = [batchOfIds(9, config, 'a'), batchOfIds(14, config, 'b')].map((ids) => [...ids]);
  const prompts = [batchOfIds(3, config, 'c'), batchOfIds(7, config, 'd')].map((ids) => [...ids]);
  const [cpu, other] = [await gradient(config, 'cpu'), await gradient(config, device)];
  const exact = await logProbs(source, rows, 'cpu');
  const halves: Record<string, number> = {};
  for (const precision of precisions)
    halves[precision] = difference(exact, await logProbs({ ...source, precision }, rows, device));
  // Half of the families write with weights of 4 and 8 bits, as floats do that are what these stand for.
  const quantisation = EVERY_FAMILY.indexOf(family) % 2 === 0 ? 'int4' : 'none';
  const stands = quantisation === 'none' ? source : decodedModel(source, quantisation);
  const wanted = await greedy(stands, prompts, 'cpu');
  const written = await greedy({ ...source, quantisation }, prompts, device);
  return {
    family,
    halves,
    weights: quantisation,
    written: difference(wanted.logProbs, written.logProbs),
    logits: difference(exact, await logProbs(source, rows, device)),
    sameText: wanted.text === written.text,
    loss: difference([cpu.loss], [other.loss]),
    gradient: distance(cpu.values, other.values),
  };
}

const [device = 'cpu', ...families] = process.argv.slice(2);
const precisions = await halvesOf(device as Device);
for (const family of EVERY_FAMILY) {
  if (families.length > 0 && !families.includes(family)) continue;
  const started = performance.now();
  const parity = await parityOf(family, device as Device, precisions);
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${JSON.stringify({ ...parity, seconds })}\n`);
}
