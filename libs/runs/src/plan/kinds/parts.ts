import { common } from '@sipf/contracts';
import { parseModel } from '../model-name.ts';
import type { Boundary } from './stage-kind.ts';

/** What helps where too few paths are right. */
export const MORE_RIGHT =
  'train the policy for longer (sft.epochs) or give a stronger one (policy.model), draw more paths (sampling.pathsPerQuestion), ' +
  'let them be longer (sampling.maxNewTokens), or ask easier questions';

/** What helps where texts are too long for a model, or unreadable. */
export const SHORTER =
  'let paths be shorter (sampling.maxNewTokens), or give a simulator that takes such texts (simulator.model)';

/** Says how many things were left out, where any were. */
export function leftOut(count: number | undefined, what: string): string[] {
  return count === undefined || count === 0 ? [] : [`${count} ${what}`];
}

/** What a model card calls rows that were not learnt from. */
export const DROPPED_ROWS = { droppedRows: 'rows left out as too long' };

/** What a model card calls the examples of a supervised training. */
export const SOLVED_PROBLEMS = { examples: 'solved problems', ...DROPPED_ROWS };

/** Questions that the policy was not asked. */
export function unasked({ unasked: count }: { readonly unasked?: number | undefined }): string[] {
  const what =
    "questions fill the policy's longest sequence with their prompt: it is not asked, and their empty paths count as wrong";
  return leftOut(count, what);
}

/** Rows that a training could not learn from. */
export function droppedRows({ droppedRows: count }: { readonly droppedRows: number }): string[] {
  const what =
    'rows are left out of the training: longer than maxSequenceTokens or the model take, or unreadable';
  return leftOut(count, what);
}

/** The reference of an artifact of rows that a result names. */
export function rows(digest: string): common.ArtifactRef {
  return common.ArtifactRef.fromPartial({ digest, mediaType: 'application/x-ndjson' });
}

/** A policy was trained. */
export function aligned({ outputs: { model } }: { readonly outputs: { readonly model: string } }): Boundary {
  return { $case: 'aligned', value: { policy: parseModel(model) } };
}
