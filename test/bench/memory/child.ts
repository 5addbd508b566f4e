import { ExternalTensors, openSession, type SessionTensors } from '@sipf/inference';
import {
  buildTrainingStep,
  frozenWeightMemory,
  optimiserScalars,
  quantiseFrozen,
  STEP_NAMES,
  type StepSettings,
  type Trainable,
} from '@sipf/learning';
import { stepFeeds, tinyBatch, tinyState } from '@sipf/learning/testing';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { LLAMA_SHAPES, llamaConfig } from '../support/llama-shapes.ts';
import type { Variant } from './variants.ts';

/** What a variant's process reports after its steps. */
export interface ChildReport {
  /** Largest resident memory during the steps, the process' own included. */
  readonly peakMiB: number;
  /** Before the first step, weights and optimiser state included. */
  readonly restMiB: number;
  readonly frozenMiB: number;
  readonly loss: number;
}

const ADAPTER = {
  kind: 'lora',
  lora: { rank: 16, alpha: 32, targetModules: 'all-linear', dropout: 0 },
} as const;
const OPTIMISER = { maxGradientNorm: 1 };
const MIB = 1024;

function statusKiB(field: string): number {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

async function prepare(variant: Variant) {
  const config = llamaConfig(LLAMA_SHAPES[variant.shape]);
  const objective = { kind: 'sft' } as const;
  const trainable: Trainable = variant.adapter ? ADAPTER : { kind: 'full' };
  const { quantisation = 'none' } = variant.settings;
  const { parameters, layout, frozen } = tinyState(config, trainable, variant.shape, 0.02);
  const kept = new ExternalTensors();
  const outside = (name: string) => kept.put(name, frozen(name));
  const settings: StepSettings = { config, objective, trainable, frozen, outside, ...variant.settings };
  const fixed = quantisation === 'none' ? [] : quantiseFrozen({ config, trainable, quantisation }, frozen);
  const step = buildTrainingStep(settings, OPTIMISER);
  const session = await openSession(step.model, { threads: 1, prepackWeights: false }, kept);
  const vectors = {
    [STEP_NAMES.parameters]: parameters,
    [STEP_NAMES.firstMoment]: new Float32Array(layout.size),
    [STEP_NAMES.secondMoment]: new Float32Array(layout.size),
  };
  const batch = tinyBatch(config, objective, { rows: variant.rows, length: variant.length });
  const weights = frozenWeightMemory({ config, trainable, quantisation });
  const graph = { ...step, model: new Uint8Array() };
  const others = Object.fromEntries(fixed);
  return { session, graph, vectors, batch, others, frozenMiB: weights.bytes / MIB / MIB };
}

let prepared: Awaited<ReturnType<typeof prepare>> | undefined;
let steps = 0;
let loss = NaN;
let restMiB = 0;

async function takeStep(): Promise<number> {
  if (prepared === undefined) throw new Error('the variant is not prepared');
  const { session, graph, vectors, batch, others } = prepared;
  const scalars = optimiserScalars(++steps, 1e-4, OPTIMISER);
  const feeds = stepFeeds(graph, vectors, { batch, others: { ...others, ...scalars } });
  const outputs = Object.fromEntries(
    graph.state.flatMap(({ input, output }) => (output === undefined ? [] : [[output, feeds[input]]])),
  ) as SessionTensors;
  const start = performance.now();
  const results = await session.run(feeds, outputs);
  const took = performance.now() - start;
  loss = Number(results[STEP_NAMES.loss]?.data[0]);
  return took;
}

type Message = { kind: 'prepare'; variant: Variant } | { kind: 'step' | 'report' };

async function answer(message: Message): Promise<number | ChildReport | object> {
  if (message.kind === 'step') return takeStep();
  if (message.kind !== 'prepare') {
    const frozenMiB = prepared?.frozenMiB ?? NaN;
    return { peakMiB: statusKiB('VmHWM') / MIB, restMiB, frozenMiB, loss } satisfies ChildReport;
  }
  prepared = await prepare(message.variant);
  // Array buffers are freed a moment after they are collected.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await setTimeout(100);
  }
  restMiB = statusKiB('VmRSS') / MIB;
  // The largest resident size from here on.
  writeFileSync('/proc/self/clear_refs', '5');
  return {};
}

process.on('message', (message) => {
  answer(message as Message).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
