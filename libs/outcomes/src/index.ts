export {
  createExecutor,
  executorFor,
  type ExecutionCall,
  type Executor,
  type ExecutorSettings,
  type ProgramToRun,
  type RunBounds,
} from './executor.ts';
export { createJudge, type Judge, type JudgedText } from './judge.ts';
export { connectExecution, type ConnectedExecution } from './connect-execution.ts';
export { requireAskable, type Asking } from './askable.ts';
export { outcomeOf } from './outcome-of.ts';
