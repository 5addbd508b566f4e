import { checkSetting } from './check-setting.ts';
import type { StepLabel } from './step-labels.ts';

/** How noisy step labels are cleaned before a verifier learns from them; this goes beyond the paper. */
export interface DenoisingSettings {
  /** Whether every step after a wrong one is wrong too: a step that builds on an error is not right. */
  readonly afterFirstError: boolean;
  /**
   * Share of the roll-outs that must agree with each other, in [0.5, 1]; steps of which fewer do get no label. 0 asks for
   * nothing.
   */
  readonly minAgreement: number;
}

/**
 * The labels of a path that a verifier is to learn: uncertain ones taken away first, so that an error counts only where
 * the roll-outs are of one mind about it, then errors carried on. A last step rests on the outcome, 0 or 1, and is certain.
 * @returns a label per step; `hard` and `soft` are undefined for a step without one
 * @throws SipfError `invalid-argument`, reason `SETTING_INVALID`
 */
export function denoiseLabels(labels: readonly StepLabel[], settings: DenoisingSettings): StepLabel[] {
  const { afterFirstError, minAgreement } = settings;
  const isShare = minAgreement === 0 || (minAgreement >= 0.5 && minAgreement <= 1);
  checkSetting(isShare, 'verifier.denoising.minAgreement', `must be 0 or in [0.5, 1], got ${minAgreement}`);
  const certain = labels.map((label) => (isCertain(label, minAgreement) ? label : withoutLabel(label)));
  if (!afterFirstError) return certain;
  const first = certain.findIndex(({ hard }) => hard === 0);
  if (first === -1) return certain;
  return certain.map((label, index) => (index <= first ? label : { ...label, hard: 0, soft: 0 }));
}

function isCertain({ soft }: StepLabel, minAgreement: number): boolean {
  return soft === undefined || Math.max(soft, 1 - soft) >= minAgreement;
}

function withoutLabel({ rollouts }: StepLabel): StepLabel {
  return { hard: undefined, soft: undefined, rollouts };
}
