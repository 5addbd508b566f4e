import { SipfError } from '@sipf/errors';
import type { StageKind } from '@sipf/planning';
import { align, pair } from './align.ts';
import { prepareData } from './data.ts';
import { continueSft, evaluate, trainSft, trainSimulator } from './policy-stages.ts';
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
  filter: ({ stage }) =>
    Promise.reject(
      new SipfError('unimplemented', `no method that this version runs has the stage ${stage.id}`, {
        reason: 'STAGE_UNKNOWN',
      }),
    ),
  pair,
  align,
  evaluate,
  report,
};
