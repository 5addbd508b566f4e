import type { generation, simulation, verification } from '@sipf/contracts';

/** Tokens that a call may make: of every sample of every prompt. */
export function tokensAsked({ prompts, sampling }: generation.GenerateRequest): number {
  return prompts.length * tokensOf(sampling);
}

/** Tokens that a call may make: of every roll-out after every step. */
export function tokensRolledOut({ paths, sampling }: simulation.LabelStepsRequest): number {
  return paths.reduce((sum, { steps }) => sum + steps.length, 0) * tokensOf(sampling);
}

/** Characters that a call has read. */
export function charactersScored({ rows }: verification.ScoreRequest): number {
  return rows.reduce((sum, { question, steps }) => sum + question.length + steps.join('').length, 0);
}

function tokensOf(sampling: generation.GenerateRequest['sampling']): number {
  return Math.max(1, sampling?.n ?? 1) * Math.max(1, sampling?.maxNewTokens ?? 1);
}
