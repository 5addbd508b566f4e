import { checkSetting } from '../check-setting.ts';
import { groupByQuestion, type Path } from '../path.ts';
import { ComparableText } from './comparable-text.ts';
import { normaliseCode, type CodeLanguage } from './normalise-code.ts';

/** How near two programs are to count as one. */
export interface CodeDuplicateSettings {
  readonly language: CodeLanguage;
  /**
   * A path is dropped when its edit distance to a kept one, as a share of the longer program, is under this; in
   * [0, 1], 0 keeps every path. @default 0.1 (METHOD.md, Eq. 1, choice): `codeDuplicateThreshold`
   */
  readonly threshold: number;
}

/** METHOD.md's choice of the threshold for code, a share of the longer program. */
export const codeDuplicateThreshold = 0.1;

/**
 * Drops every path that is nearly a kept path of its question, comments and formatting aside (METHOD.md, Eq. 1).
 * @returns the kept paths in their given order; applying it again changes nothing
 * @throws SipfError `invalid-argument` for a threshold outside [0, 1]
 */
export function deduplicateCode<P extends Pick<Path, 'questionId' | 'text'>>(
  paths: readonly P[],
  { language, threshold }: CodeDuplicateSettings,
): P[] {
  checkSetting(
    threshold >= 0 && threshold <= 1,
    'duplicates.threshold',
    `must be in [0, 1], got ${threshold}`,
  );
  const kept = new Set<P>();
  for (const group of groupByQuestion(paths).values()) {
    const programs: ComparableText[] = [];
    for (const path of group) {
      const program = new ComparableText(normaliseCode(path.text, language));
      if (programs.some((other) => program.isNear(other, threshold))) continue;
      programs.push(program);
      kept.add(path);
    }
  }
  return paths.filter((path) => kept.has(path));
}

/** Whether the edit distance over the length of the longer text is under `threshold`; two empty texts are at 0. */
export function normalisedDistanceIsUnder(first: string, second: string, threshold: number): boolean {
  return new ComparableText(first).isNear(new ComparableText(second), threshold);
}
