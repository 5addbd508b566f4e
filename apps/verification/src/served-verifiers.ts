import type { common } from '@sipf/contracts';
import type { Serving } from '@sipf/serving';
import type { ServedVerifier } from './served-verifier.ts';

/** What a service scores with. */
export interface ServedVerifiers {
  readonly serving: Serving<ServedVerifier>;
  /** The outcome verifier that a request gets which names none. */
  readonly outcomeModel: common.ModelRef | undefined;
}
