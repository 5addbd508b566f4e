export { preferenceExample, rewardExample, supervisedExample, type StepwiseSettings } from './encode-row.ts';
export { parseTrainingRow, type RowKind, type TrainingRow } from './parse-row.ts';
export type { PreferenceRow, StepwiseRow, SupervisedRow } from './row-schemas.ts';
