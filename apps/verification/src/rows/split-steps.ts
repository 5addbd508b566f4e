import { common, type verification } from '@sipf/contracts';

/** Cuts a path's text into trimmed, non-empty steps. @param splitting absent: a step is a line */
export function splitSteps(text: string, splitting: verification.StepSplitting | undefined): string[] {
  return text
    .split(separatorOf(splitting))
    .map((step) => step.trim())
    .filter((step) => step !== '');
}

function separatorOf(splitting: verification.StepSplitting | undefined): string | RegExp {
  switch (splitting?.rule) {
    case common.StepRule.SEPARATOR:
      return splitting.separator;
    case common.StepRule.BLANK_LINE:
      return /\n[^\S\n]*\n/;
    case common.StepRule.LINE:
    case common.StepRule.UNSPECIFIED:
    case undefined:
      return '\n';
  }
}
