export {
  checkGradients,
  type CheckedInput,
  type CheckOptions,
  type GradientCheck,
} from './check-gradients.ts';
export { openGraph, runGraph, type Feed, type Fetched, type GraphRunner } from './run-graph.ts';
