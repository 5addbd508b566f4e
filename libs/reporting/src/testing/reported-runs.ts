import { parseRunConfig, type RunConfig } from '@sipf/contracts';
import { noAnalysis } from '../error-analysis/run-analysis.ts';
import type { AccuracyRow, ReportedRun } from '../runs/reported-run.ts';

const OPTIMISATION = { learningRate: 1e-3, epochs: 1, batchSize: 8, maxSequenceTokens: 64 };
const MODEL = {
  hiddenSize: 32,
  intermediateSize: 64,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  numKeyValueHeads: 2,
};

/** A configuration of SIPF on the bundled task. */
export function configOf({
  seed = 1,
  lambda = 0.1,
  method = 'sipf',
  pairing = 'outcome-and-reward',
}: {
  seed?: number;
  lambda?: number;
  method?: string;
  pairing?: string;
} = {}): RunConfig {
  return parseRunConfig({
    ...{ seed, method, task: { name: 'arithmetic' }, policy: { initial: MODEL }, sft: OPTIMISATION },
    sampling: { maxNewTokens: 32 },
    simulator: { initial: MODEL, optimisation: OPTIMISATION },
    simulation: { questions: 4, maxNewTokens: 32 },
    verifier: { optimisation: OPTIMISATION },
    pairs: { pairing },
    alignment: { lambda, optimisation: OPTIMISATION },
    evaluation: { maxNewTokens: 32 },
  });
}

/** A row of so many right answers of a hundred. */
export function rowOf(method: string, iteration: number, correct: number, model: string): AccuracyRow {
  const accuracy = correct / 100;
  return {
    method,
    iteration,
    correct,
    total: 100,
    accuracy,
    low: accuracy - 0.1,
    high: accuracy + 0.1,
    model,
  };
}

/** A run that has come to its end, with these right answers of a hundred: M_0's, then each iteration's. */
export function reportedRun(
  id: string,
  config: RunConfig,
  [start = 0, ...loop]: readonly number[],
  rest: Partial<ReportedRun> = {},
): ReportedRun {
  const rows = loop.map((correct, index) =>
    rowOf(`SIPF ${index + 1}`, index + 1, correct, `${id} M_${index + 1}`),
  );
  return {
    ...{
      id,
      config,
      commit: 'c0ffee',
      startedAt: '2026-01-02T03:04:05.000Z',
      standing: 'succeeded',
      stages: [],
    },
    rows: [rowOf('SFT', 0, start, `M_0 of seed ${config.seed}`), ...rows],
    iterations: [start, ...loop].map((_, iteration) => ({
      ...{ iteration, trainingExamples: 100 * (iteration + 1), counts: {}, figures: {} },
    })),
    curves: new Map(),
    analysis: noAnalysis('not looked at'),
    ...rest,
  };
}
