import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import type { StepGraph } from '../build-steps.ts';
import { stepFeeds, type StepBatch } from './open-step.ts';

/** One operator as the runtime ran it. */
export interface RunOperator {
  readonly type: string;
  /** Of its first output, comma-separated. */
  readonly shape: string;
}

/** What the runtime makes of a gradient step, in the order of execution: the order decides what is kept for how long. */
export async function operatorsInOrder(
  step: StepGraph,
  parameters: Float32Array,
  batch: StepBatch,
): Promise<RunOperator[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-profile-'));
  try {
    const session = await InferenceSession.create(step.model, {
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'run'),
    });
    const state = Object.fromEntries(
      step.state.map(({ input }) => [input, new Float32Array(parameters.length)]),
    );
    await session.run(stepFeeds(step, { ...state, parameters }, { batch }));
    session.endProfiling();
    await session.release();
    const [file] = readdirSync(folder);
    return parseProfile(readFileSync(join(folder, file ?? ''), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface ProfileEvent {
  readonly name: string;
  readonly cat: string;
  readonly args?: { readonly op_name?: string; readonly output_type_shape?: readonly object[] };
}

function parseProfile(text: string): RunOperator[] {
  const events = JSON.parse(text) as ProfileEvent[];
  return events
    .filter(({ name, cat }) => cat === 'Node' && name.endsWith('_kernel_time'))
    .map(({ args }) => ({
      type: args?.op_name ?? '',
      shape: Object.values(args?.output_type_shape?.[0] ?? {}).join(),
    }));
}
