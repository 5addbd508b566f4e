export type { CodeTask, FewShotStyle, MathTask, Problem, PromptStyle, Step, Task } from './task.ts';
export { errorKinds, type ErrorKind } from './first-error.ts';
export { fileSplits, type FileSplits } from './file-splits.ts';
export { taskNamed, tasks } from './registry.ts';
export { fewShotPrompt } from './few-shot.ts';
export { splitSteps } from './steps.ts';
export { gsm8kTask } from './gsm8k/task.ts';
export { parseExemplars } from './gsm8k/exemplars.ts';
export { equalNumbers, plainNumber } from './numbers/answers.ts';
export { arithmeticTask } from './arithmetic/task.ts';
export { checkSteps } from './arithmetic/check.ts';
export { generateArithmetic } from './arithmetic/generate.ts';
export {
  arithmeticTokenIds,
  arithmeticVocabularySize,
  buildArithmeticTokenizer,
} from './arithmetic/tokenizer.ts';
export { extractProgram, namesIn } from './python/extract-program.ts';
export { tokenisePython } from './python/tokens.ts';
export { parseBenchmark, type BenchmarkProblem } from './benchmark/problems.ts';
export { mbppTask } from './mbpp/task.ts';
export { mbppSplit, mbppSplits, type MbppSplit } from './mbpp/problems.ts';
export { humanEvalTask } from './humaneval/task.ts';
export { generatePrograms } from './programs/generate.ts';
export { buildProgramTokenizer } from './programs/tokenizer.ts';
export { buildWordTokenizer, specialTokenIds, specialTokens, type TokenizerFiles } from './word-tokenizer.ts';
