import { COMPOSITE_RULES } from './composite-rules.ts';
import { ELEMENTWISE_RULES } from './elementwise-rules.ts';
import { INDEXING_RULES } from './indexing-rules.ts';
import { LAYOUT_RULES } from './layout-rules.ts';
import { MAT_MUL_RULES } from './mat-mul-rules.ts';
import { PROJECTION_RULES } from './projection-rule.ts';
import { RECOMPUTING_RULES } from './recomputing-rules.ts';
import { REDUCTION_RULES } from './reduction-rules.ts';
import type { GradientRule } from './rule.ts';

/** Every gradient rule by operator type. */
export const GRADIENT_RULES: ReadonlyMap<string, GradientRule> = new Map(
  Object.entries({
    ...ELEMENTWISE_RULES,
    ...LAYOUT_RULES,
    ...INDEXING_RULES,
    ...REDUCTION_RULES,
    ...MAT_MUL_RULES,
    ...COMPOSITE_RULES,
    ...RECOMPUTING_RULES,
    ...PROJECTION_RULES,
  }),
);
