import { ExternalTensors, openSession, plainnessOf, type SessionTensors } from '@sipf/inference';
import {
  buildTrainingStep,
  frozenWeightMemory,
  optimiserScalars,
  packState,
  quantiseFrozen,
  sharePrompts,
  STEP_NAMES,
  trainableLayout,
  type StepSettings,
} from '@sipf/learning';
import { stepFeeds } from '@sipf/learning/testing';
import { llamaConfig } from '../../support/llama-shapes.ts';
import { forgetPeak, peakMiB } from './peak-memory.ts';
import type { SideReport, SideStep } from './side.ts';
import { openStartingPoint, workBatch } from './starting-point.ts';
import { LEARNING_RATE, MAX_GRADIENT_NORM, WORKS, type EngineSide, type Work } from './works.ts';

/** The engine's side of a row, in a process of its own so that its memory can be measured. */
const OPTIMISER = { maxGradientNorm: MAX_GRADIENT_NORM };
const MIB = 1024 * 1024;

async function prepare({ work: name, threads, settings, device = 'cpu' }: EngineSide, folder: string) {
  const work: Work = WORKS[name];
  const { objective, trainable } = work;
  const config = llamaConfig(work.shape);
  const start = openStartingPoint(work, folder);
  const { read, outside } = start;
  const layout = trainableLayout(config, trainable);
  const { quantisation = 'none' } = settings;
  const base = { config, trainable };
  const parts = quantisation === 'none' ? [] : quantiseFrozen({ ...base, quantisation }, read);
  const plainness = plainnessOf(device);
  const whole: StepSettings = { ...base, ...settings, objective, frozen: read, outside, plainness };
  const step = buildTrainingStep(whole, OPTIMISER);
  const session = await openSession(
    step.model,
    { threads, device, prepackWeights: false },
    new ExternalTensors(start.folder),
  );
  const vectors = {
    [STEP_NAMES.parameters]: packState(layout, read),
    [STEP_NAMES.firstMoment]: new Float32Array(layout.size),
    [STEP_NAMES.secondMoment]: new Float32Array(layout.size),
  };
  const weightsMiB = frozenWeightMemory({ ...base, quantisation }).bytes / MIB;
  const graph = { ...step, model: new Uint8Array() };
  const apart = workBatch(work);
  const batch = settings.sharedPrompts === true ? { ...apart, ...sharePrompts(apart) } : apart;
  return { session, graph, vectors, batch, others: Object.fromEntries(parts), weightsMiB };
}

let prepared: Awaited<ReturnType<typeof prepare>> | undefined;
let steps = 0;

async function takeStep(): Promise<SideStep> {
  if (prepared === undefined) throw new Error('the engine is not prepared');
  const { session, graph, vectors, batch, others } = prepared;
  const started = { at: performance.now(), cpu: process.cpuUsage() };
  const scalars = optimiserScalars(++steps, LEARNING_RATE, OPTIMISER);
  const feeds = stepFeeds(graph, vectors, { batch, others: { ...others, ...scalars } });
  const outputs = Object.fromEntries(
    graph.state.flatMap(({ input, output }) => (output === undefined ? [] : [[output, feeds[input]]])),
  ) as SessionTensors;
  const results = await session.run(feeds, outputs);
  const ms = performance.now() - started.at;
  const { user, system } = process.cpuUsage(started.cpu);
  return { ms, cpuMs: (user + system) / 1000, loss: Number(results[STEP_NAMES.loss]?.data[0]) };
}

type Message =
  | { readonly kind: 'prepare'; readonly side: EngineSide; readonly folder: string }
  | { readonly kind: 'step' }
  | { readonly kind: 'report' };

async function answer(message: Message): Promise<SideStep | SideReport | object> {
  if (message.kind === 'step') return takeStep();
  if (message.kind === 'report') return { peakMiB: peakMiB(), weightsMiB: prepared?.weightsMiB ?? NaN };
  prepared = await prepare(message.side, message.folder);
  await forgetPeak();
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
