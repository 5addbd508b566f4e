import type { EnginePart } from '@sipf/contracts';

/** What an engine that answers says of itself; what it does not say is absent. */
interface Answer {
  readonly kind?: string | undefined;
  readonly version?: string | undefined;
  readonly precision?: string | undefined;
  /** Tokens of its longest sequence. */
  readonly maxModelLen?: number | undefined;
  readonly maxLoraRank?: number | undefined;
  /** What it would refuse of the run, found by asking it. */
  readonly faults?: readonly EngineFault[] | undefined;
  /** Who does not answer, and why. */
  readonly away?: readonly string[] | undefined;
  /** What else there is to know of it, for people. */
  readonly notes?: readonly string[] | undefined;
  /** Tokens that it writes, or reads where it scores, in a second, all servers together. */
  readonly measured?: { readonly perSecond: number; readonly how: string } | undefined;
}

/** What an engine would refuse, and in which of its settings, with the remedy. */
export interface EngineFault {
  /** `vocabulary` is of the model that it serves; the others are settings of `engines.<part>`. */
  readonly about: 'model' | 'adapter' | 'weights' | 'kind' | 'vocabulary' | 'python';
  readonly description: string;
}

/** Answers by the part that an engine does; absent for one that was not asked. */
export type Answers = Readonly<Partial<Record<EnginePart, Answer>>>;
