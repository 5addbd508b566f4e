import type { common } from '@sipf/contracts';
import type { Serving } from '@sipf/serving';
import type { ServedVerifier } from './served-verifier.ts';

/** The verifiers of a service. */
export interface ServedVerifiers {
  readonly serving: Serving<ServedVerifier>;
  /** The default outcome verifier. */
  readonly outcomeModel: common.ModelRef | undefined;
}
