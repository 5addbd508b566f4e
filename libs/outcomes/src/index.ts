export { createExecutor, executorFor, type Executor, type RunBounds } from './executor.ts';
export { createJudge, type Judge, type JudgedText } from './judge.ts';
export { connectExecution } from './connect-execution.ts';
export { requireAskable } from './askable.ts';
