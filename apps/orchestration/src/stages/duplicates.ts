import { codeDuplicateThreshold, deduplicateCode, deduplicateMath, type Path } from '@sipf/method';
import type { StageContext } from './stage-context.ts';

/** The first of equal paths of a question: math by calculations, code by edit distance (Eq. 1). */
export function withoutDuplicates(
  { settings, task }: StageContext<'sample' | 'filter'>,
  paths: readonly Path[],
): Path[] {
  if (task.domain === 'math') return deduplicateMath(paths, (text) => task.calculations(text));
  const { duplicateThreshold: threshold = codeDuplicateThreshold } = settings.sampling;
  return deduplicateCode(paths, { language: task.language, threshold });
}
