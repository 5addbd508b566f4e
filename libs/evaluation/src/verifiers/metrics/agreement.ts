/**
 * Cohen's kappa of two annotators, (p_o - p_e) / (1 - p_e): how far they agree beyond what their shares of labels would
 * bring about by chance (Cohen 1960).
 * @param first labels of the first annotator
 * @param second labels of the second one, of the same items
 * @returns 1 for full agreement, 0 for chance, below for less; undefined without items, and where both gave every item one
 * and the same label, so that chance explains everything
 */
export function cohenKappa<L>(first: readonly L[], second: readonly L[]): number | undefined {
  const total = first.length;
  if (total === 0) return undefined;
  const agreed = first.filter((label, at) => label === second[at]).length / total;
  const labels = new Set([...first, ...second]);
  const expected = [...labels].reduce(
    (sum, label) => sum + shareOf(first, label) * shareOf(second, label),
    0,
  );
  return beyondChance(agreed, expected);
}

/**
 * Fleiss' kappa of any number of annotators (Fleiss 1971).
 * @param items labels of each item, the same number for every item, by any annotators
 * @returns as {@link cohenKappa}; undefined also for fewer than two labels an item
 * @throws RangeError if items have different numbers of labels
 */
export function fleissKappa(items: readonly (readonly unknown[])[]): number | undefined {
  const raters = items[0]?.length ?? 0;
  if (items.some(({ length }) => length !== raters)) {
    throw new RangeError('every item must have as many labels as the others');
  }
  if (raters < 2) return undefined;
  const all = items.flat();
  const expected = sumOf([...new Set(all)].map((label) => shareOf(all, label) ** 2));
  const agreed = sumOf(items.map(agreeingPairs)) / items.length;
  return beyondChance(agreed, expected);
}

/** The share of an item's pairs of labels that are equal, P_i. */
function agreeingPairs(labels: readonly unknown[]): number {
  const n = labels.length;
  const counts = [...Map.groupBy(labels, (label) => label).values()].map(({ length }) => length);
  return counts.reduce((sum, count) => sum + count * (count - 1), 0) / (n * (n - 1));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

function shareOf(labels: readonly unknown[], wanted: unknown): number {
  return labels.filter((label) => label === wanted).length / labels.length;
}

function beyondChance(agreed: number, expected: number): number | undefined {
  return expected < 1 ? (agreed - expected) / (1 - expected) : undefined;
}
