import type { Scorer } from '@sipf/inference';

/** What scores the steps of one verifier: worker threads of this process, or a server. */
export type StepScorer = Pick<Scorer, 'model' | 'scoreSteps' | 'close'>;
