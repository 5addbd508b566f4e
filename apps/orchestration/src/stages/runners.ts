import type { StageKind } from '@sipf/runs';
import { align, pair } from './align.ts';
import { prepareData } from './data.ts';
import { evaluateSamples } from './evaluate-samples.ts';
import { evaluate } from './evaluate.ts';
import { filter } from './own-paths.ts';
import { continueSft, trainSft, trainSimulator } from './policy-stages.ts';
import { report } from './report.ts';
import { sample } from './sample.ts';
import { simulate } from './simulate.ts';
import type { StageRunner } from './stage-context.ts';
import { score, trainVerifier } from './verifier.ts';

/** What each kind of stage does. */
export const runners: Readonly<Record<StageKind, StageRunner>> = {
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
