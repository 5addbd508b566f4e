import { openSession, type SessionTensors } from '@sipf/inference';
import { buildTrainingStep, optimiserScalars, STEP_NAMES } from '@sipf/learning';
import { stepFeeds, tinyBatch, tinyState } from '@sipf/learning/testing';
import { mean } from '@sipf/method';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { interleave, median } from '../../support/interleave.ts';
import { llamaConfig } from '../../support/llama-shapes.ts';
import { table } from '../../support/table.ts';
import { type Curve, plotCurves } from './plot.ts';
import { type Size, type Sweep, SWEEPS } from './sweeps.ts';

/** How a full training step grows with each of its sizes, in processor time of one thread. `--out folder` gets a plot. */
const ROUNDS = 7;
const OPTIMISER = { maxGradientNorm: 1 };
const FULL = { kind: 'full' } as const;
const OBJECTIVE = { kind: 'sft' } as const;

/** A step of this size; a call takes one and gives its processor time in milliseconds. */
async function openStepOf({ shape, rows, length }: Size) {
  const config = { ...llamaConfig(shape), maxPositionEmbeddings: length };
  const { parameters, layout, frozen } = tinyState(config, FULL, 'scaling', 0.02);
  const step = buildTrainingStep({ config, objective: OBJECTIVE, trainable: FULL, frozen }, OPTIMISER);
  const session = await openSession(step.model);
  const vectors = {
    [STEP_NAMES.parameters]: parameters,
    [STEP_NAMES.firstMoment]: new Float32Array(layout.size),
    [STEP_NAMES.secondMoment]: new Float32Array(layout.size),
  };
  const batch = tinyBatch(config, OBJECTIVE, { rows, length });
  const feeds = stepFeeds(step, vectors, { batch, others: optimiserScalars(1, 1e-4, OPTIMISER) });
  const outputs = Object.fromEntries(
    step.state.flatMap(({ input, output }) => (output === undefined ? [] : [[output, feeds[input]]])),
  ) as SessionTensors;
  const take = async (): Promise<number> => {
    const start = process.cpuUsage();
    await session.run(feeds, outputs);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
  return { take, close: () => session.close() };
}

async function measure({ term, values, size }: Sweep): Promise<Curve> {
  const steps = await Promise.all(values.map((value) => openStepOf(size(value))));
  const times = steps.map((): number[] => []);
  const timed = steps.map(
    ({ take }, index) => [String(values[index]), async () => times[index]?.push(await take())] as const,
  );
  await interleave(new Map(timed), { rounds: ROUNDS, warmUp: 2 });
  for (const { close } of steps) await close();
  const ms = times.map((own) => median(own.slice(2)));
  return { term, values, ms, exponent: slope(values.map(Math.log), ms.map(Math.log)) };
}

/** Of the line with the least squares through the points. */
function slope(x: readonly number[], y: readonly number[]): number {
  const [centreX, centreY] = [mean(x), mean(y)];
  const along = x.map((value, index) => (value - centreX) * ((y[index] as number) - centreY));
  return mean(along) / mean(x.map((value) => (value - centreX) ** 2));
}

const { out } = parseArgs({ options: { out: { type: 'string' } } }).values;
const curves: Curve[] = [];
for (const sweep of SWEEPS) curves.push(await measure(sweep));
if (out !== undefined) {
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'scaling.svg'), plotCurves(curves));
}
const rows = curves.map(({ term, values, ms, exponent }, index) => [
  term,
  values.map((value, at) => `${value}: ${(ms[at] as number).toFixed(0)} ms`).join(', '),
  exponent.toFixed(2),
  String(SWEEPS[index]?.atMost),
]);
const text = table(['term', 'step', 'grows as its power', 'at most'], rows);
process.stdout.write(`${text}\n${JSON.stringify({ scaling: curves })}\n`);
