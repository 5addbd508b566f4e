import type { StageKind, StageResult } from '@sipf/runs';
import { align, pair } from './align.ts';
import { prepareData } from './data.ts';
import { evaluateSamples } from './evaluate-samples.ts';
import { evaluate } from './evaluate.ts';
import { filter } from './own-paths.ts';
import { continueSft, trainSft, trainSimulator } from './policy-stages.ts';
import { report } from './report.ts';
import { sample } from './sample.ts';
import { simulate } from './simulate.ts';
import type { StageContext, StageRunner } from './stage-context.ts';
import { score, trainVerifier } from './verifier.ts';

type Runners = { readonly [K in StageKind]: StageRunner<K> };

/** What each kind of stage does. */
const runners: Runners = {
  data: prepareData,
  simulator: trainSimulator,
  sft: trainSft,
  'continued-sft': continueSft,
  sample,
  label: simulate,
  'train-verifier': trainVerifier,
  score,
  filter,
  pair,
  align,
  evaluate,
  'evaluate-samples': evaluateSamples,
  report,
};

/** Computes a stage. */
export async function computeStage<K extends StageKind>(
  kind: K,
  context: StageContext<K>,
): Promise<StageResult> {
  return await runners[kind](context);
}
