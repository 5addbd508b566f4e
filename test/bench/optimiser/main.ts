import { openSession, type SessionTensors } from '@sipf/inference';
import {
  buildGradientStep,
  buildTrainingStep,
  optimiserScalars,
  STEP_NAMES,
  type StepGraph,
} from '@sipf/learning';
import { stepFeeds, tinyBatch, tinyState } from '@sipf/learning/testing';
import { interleave, median } from '../support/interleave.ts';
import { LLAMA_SHAPES, llamaConfig, type ShapeName } from '../support/llama-shapes.ts';
import { table } from '../support/table.ts';
import { hostAdamW } from './host-adam-w.ts';

/** Clipping and AdamW inside the step's graph against a loop over the gradient that the graph gives. */
const OPTIMISER = { maxGradientNorm: 1, weightDecay: 0.01 };
const OBJECTIVE = { kind: 'sft' } as const;
const FULL = { kind: 'full' } as const;
const CASES: readonly { shape: ShapeName; rows: number; length: number; rounds: number }[] = [
  { shape: 'policy', rows: 16, length: 64, rounds: 41 },
  { shape: 'small', rows: 8, length: 64, rounds: 11 },
];
const RATE = 1e-4;

type Vectors = Record<string, Float32Array>;

/** A step that is run again and again on vectors of its own. */
async function openRun(step: StepGraph, vectors: Vectors, batch: Parameters<typeof stepFeeds>[2]['batch']) {
  const session = await openSession(step.model);
  return async (others: Record<string, number>): Promise<void> => {
    const feeds = stepFeeds(step, vectors, { batch, others });
    const outputs = Object.fromEntries(
      step.state.flatMap(({ input, output }) => (output === undefined ? [] : [[output, feeds[input]]])),
    ) as SessionTensors;
    await session.run(feeds, outputs);
  };
}

async function measure({ shape, rows, length, rounds }: (typeof CASES)[number]) {
  const config = llamaConfig(LLAMA_SHAPES[shape]);
  const { parameters, layout, frozen } = tinyState(config, FULL, shape, 0.02);
  const batch = tinyBatch(config, OBJECTIVE, { rows, length });
  const settings = { config, objective: OBJECTIVE, trainable: FULL, frozen };
  const fresh = (): Vectors => ({
    [STEP_NAMES.parameters]: parameters.slice(),
    [STEP_NAMES.firstMoment]: new Float32Array(layout.size),
    [STEP_NAMES.secondMoment]: new Float32Array(layout.size),
    [STEP_NAMES.gradient]: new Float32Array(layout.size),
  });
  const [inside, beside] = [fresh(), fresh()];
  const whole = await openRun(buildTrainingStep(settings, OPTIMISER), inside, batch);
  const gradient = await openRun(buildGradientStep(settings), beside, batch);
  const updates = { inside: 0, beside: 0 };
  const rates = await interleave(
    new Map([
      ['graph', () => whole(optimiserScalars(++updates.inside, RATE, OPTIMISER))],
      [
        'host',
        async () => {
          const scalars = optimiserScalars(++updates.beside, RATE, OPTIMISER);
          beside[STEP_NAMES.gradient]?.fill(0);
          await gradient({});
          hostAdamW(hostState(beside), hostScalars(scalars), OPTIMISER);
        },
      ],
    ]),
    { rounds, warmUp: 3 },
  );
  const [graph, host] = [median(rates.get('graph') ?? []), median(rates.get('host') ?? [])];
  return {
    ...{ shape, parameters: layout.size, rows, length, rounds },
    ...{ graphMs: graph, hostMs: host, ratio: graph / host },
    largestDifference: largestDifference(inside, beside),
  };
}

function hostState(vectors: Vectors) {
  const vector = (name: string) => vectors[name] as Float32Array;
  return {
    parameters: vector(STEP_NAMES.parameters),
    gradient: vector(STEP_NAMES.gradient),
    firstMoment: vector(STEP_NAMES.firstMoment),
    secondMoment: vector(STEP_NAMES.secondMoment),
  };
}

function hostScalars(scalars: Record<string, number>) {
  return {
    learningRate: scalars[STEP_NAMES.learningRate] as number,
    firstCorrection: scalars[STEP_NAMES.firstCorrection] as number,
    secondCorrection: scalars[STEP_NAMES.secondCorrection] as number,
  };
}

/** Between both ways' parameters: they must have done the same. */
function largestDifference(inside: Vectors, beside: Vectors): number {
  const [a, b] = [hostState(inside).parameters, hostState(beside).parameters];
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] as number))), 0);
}

const results = [];
for (const item of CASES) results.push(await measure(item));
const text = table(
  ['shape', 'parameters', 'batch', 'in the graph', 'host loop', 'graph / host', 'largest difference'],
  results.map((result) => [
    result.shape,
    String(result.parameters),
    `${result.rows} x ${result.length}`,
    `${result.graphMs.toFixed(2)} ms`,
    `${result.hostMs.toFixed(2)} ms`,
    result.ratio.toFixed(3),
    result.largestDifference.toExponential(1),
  ]),
);
process.stdout.write(`${text}\n${JSON.stringify({ optimiser: results })}\n`);
