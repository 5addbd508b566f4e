export {
  openStep,
  stepFeeds,
  type FixedTensor,
  type StepBatch,
  type StepResult,
  type StepRunner,
} from './open-step.ts';
export { rowsOf, tinyBatch, tinyState } from './tiny-step.ts';
export { operatorsInOrder, type RunOperator } from './operators-in-order.ts';
