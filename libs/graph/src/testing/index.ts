export { checkGradients, type CheckedInput } from './check-gradients.ts';
export { openGraph, runGraph } from './run-graph.ts';
