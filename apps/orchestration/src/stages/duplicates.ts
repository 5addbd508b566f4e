import { codeDuplicateThreshold, deduplicateCode, deduplicateMath, type Path } from '@sipf/method';
import type { StageContext } from './stage-context.ts';

/** The first of equal paths of a question: math by calculations, code by edit distance (Eq. 1). */
export function withoutDuplicates({ config, task }: StageContext, paths: readonly Path[]): Path[] {
  if (task.domain === 'math') return deduplicateMath(paths, (text) => task.calculations(text));
  const { duplicateThreshold: threshold = codeDuplicateThreshold } = config.sampling;
  return deduplicateCode(paths, { language: task.language, threshold });
}
