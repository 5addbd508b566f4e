import type { Path } from '../path.ts';

/**
 * Drops every path whose calculations, in order and normalised, are those of an earlier path of its question; paths
 * without calculations are compared by their text, ignoring case, spaces and punctuation (METHOD.md, Eq. 1).
 * @param calculationsOf the task's normaliser, e.g. `48 / 2 = 24` to `48/2=24`
 * @returns the kept paths in their given order; applying it again changes nothing
 */
export function deduplicateMath<P extends Pick<Path, 'questionId' | 'text'>>(
  paths: readonly P[],
  calculationsOf: (text: string) => readonly string[],
): P[] {
  const seen = new Set<string>();
  return paths.filter((path) => {
    const key = JSON.stringify([path.questionId, ...contentOf(path.text, calculationsOf(path.text))]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function contentOf(text: string, calculations: readonly string[]): readonly string[] {
  if (calculations.length > 0) return ['calculations', ...calculations];
  return [
    'words',
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(' ') ?? '',
  ];
}
