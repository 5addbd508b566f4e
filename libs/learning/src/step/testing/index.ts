export { openStep, stepFeeds, type StepBatch } from './open-step.ts';
export { rowsOf, tinyBatch, tinyState } from './tiny-step.ts';
export { operatorsInOrder } from './operators-in-order.ts';
