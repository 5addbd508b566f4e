import { planRun } from '../plan/plan-run.ts';
import type { Facts } from './facts.ts';

/** A setting, and what to do to it. */
interface Remedy {
  readonly field: string;
  readonly remedy: string;
}

/** The longest text that a server must take, prompt and completion. */
export interface LongestSequence {
  readonly tokens: number;
  /** The setting of its completion. */
  readonly field: `${'sampling' | 'simulation' | 'evaluation'}.maxNewTokens`;
  /** Its prompt, and what would shorten it. */
  readonly prompt: Remedy & { readonly tokens: number };
}

const QUESTIONS = 'leave long questions out';

/** Longest sequence that a server must take: the longest question, after worked examples or without, and its completion. */
export function longestSequence(part: 'policy' | 'simulator', facts: Facts): LongestSequence {
  const all = part === 'policy' ? policySequences(facts) : [simulatorSequence(facts)];
  return all.reduce((most, one) => (one.tokens > most.tokens ? one : most));
}

function policySequences({ config, texts }: Facts): readonly LongestSequence[] {
  const { sampling, evaluation } = config;
  const question = (field: LongestSequence['field'], completion: number): LongestSequence =>
    sequence(completion, field, { tokens: texts.prompt.longest, field, remedy: QUESTIONS });
  const examples = { field: 'task.exemplars', remedy: 'show fewer worked examples' };
  return [
    ...(planRun(config).some(({ kind }) => kind === 'sample')
      ? [question('sampling.maxNewTokens', sampling.maxNewTokens)]
      : []),
    question('evaluation.maxNewTokens', evaluation.maxNewTokens),
    ...(texts.shown === undefined
      ? []
      : [
          sequence(evaluation.maxNewTokens, 'evaluation.maxNewTokens', {
            ...examples,
            tokens: texts.shown.longest,
          }),
        ]),
  ];
}

/** A prefix may be a whole path but its last step. */
function simulatorSequence({ config, texts }: Facts): LongestSequence {
  const { sampling, simulation } = config;
  return sequence(simulation?.maxNewTokens ?? 0, 'simulation.maxNewTokens', {
    tokens: texts.prompt.longest + sampling.maxNewTokens,
    field: 'sampling.maxNewTokens',
    remedy: 'lower this, so that prefixes are shorter',
  });
}

function sequence(
  completion: number,
  field: LongestSequence['field'],
  prompt: LongestSequence['prompt'],
): LongestSequence {
  return { tokens: prompt.tokens + completion, field, prompt };
}
