import type { RunConfig } from '@sipf/contracts';
import { recipeOf } from '@sipf/runs';

/** What a method learns from: the verifier's rewards of steps, of outcomes, or outcomes alone. */
export type Feedback = 'process' | 'outcome model' | 'outcome' | 'none';
/** What it minimises on the policy. */
export type Loss = 'orpo' | 'nll' | 'dpo' | 'rpo' | 'sft' | 'none';

/** What sets a run's method apart, read off its recipe. */
export interface RecipeFacts {
  readonly name: string;
  readonly title: string;
  readonly feedback: Feedback;
  readonly loss: Loss;
}

/** The facts of a run's recipe with the run's choices. */
export function recipeFacts(config: RunConfig): RecipeFacts {
  const { name, title, setup, loop } = recipeOf(config);
  const stages = loop.length > 0 ? loop : setup;
  return { name, title, feedback: feedbackOf(stages), loss: lossOf(stages, config) };
}

type Stages = ReturnType<typeof recipeOf>['loop'];

function feedbackOf(stages: Stages): Feedback {
  if (!stages.some(({ kind }) => kind === 'sample')) return 'none';
  const isScored = stages.some(({ kind }) => kind === 'score');
  const usesRewards = stages.every((stage) => stage.kind !== 'pair' || stage.pairing !== 'outcome');
  if (!isScored || !usesRewards) return 'outcome';
  const verifier = stages.find((stage) => stage.kind === 'train-verifier');
  return verifier?.kind === 'train-verifier' && verifier.reward === 'outcome' ? 'outcome model' : 'process';
}

function lossOf(stages: Stages, { alignment }: RunConfig): Loss {
  const align = stages.find((stage) => stage.kind === 'align');
  if (align?.kind === 'align') {
    const hasOddsRatio = align.objective === 'orpo' && alignment?.lambda !== 0;
    if (align.objective === 'orpo' || align.objective === 'nll-chosen') return hasOddsRatio ? 'orpo' : 'nll';
    return align.objective;
  }
  return stages.some(({ kind }) => kind === 'sft') ? 'sft' : 'none';
}
