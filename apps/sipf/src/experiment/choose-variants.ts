import { VALIDATION } from '@sipf/runs';
import { lastRows, type SummaryRow } from './summarise.ts';

/** The variant of a method that answers most validation questions right. */
export interface ChosenVariant {
  readonly recipe: string;
  readonly vary: Readonly<Record<string, unknown>>;
  /** Mean accuracy on the validation questions over the seeds. */
  readonly validation: number;
}

/**
 * Chooses a variant of every method that has several, by its last model's mean accuracy on the validation questions and
 * never by the test; the first of equal ones. None where there are no validation questions.
 */
export function chooseVariants(summary: readonly SummaryRow[]): ChosenVariant[] {
  const groups = Map.groupBy(lastRows(summary, VALIDATION), ({ recipe }) => recipe);
  return [...groups]
    .filter(([, variants]) => variants.length > 1)
    .map(([recipe, variants]) => {
      const best = variants.reduce((best, row) => (row.mean > best.mean ? row : best));
      return { recipe, vary: best.vary, validation: best.mean };
    });
}

/** The rows of chosen variants and of methods without any choice. */
export function chosenRows(summary: readonly SummaryRow[], chosen: readonly ChosenVariant[]): SummaryRow[] {
  return summary.filter(({ recipe, vary }) => {
    const choice = chosen.find((variant) => variant.recipe === recipe);
    return choice === undefined || JSON.stringify(choice.vary) === JSON.stringify(vary);
  });
}
