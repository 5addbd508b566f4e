export type {
  CodeTask,
  Exemplar,
  ExtractionMode,
  FewShotStyle,
  MathTask,
  Problem,
  PromptStyle,
  Step,
  StepTruth,
  Task,
  TestedProgram,
} from './task.ts';
export { errorKinds, type ErrorKind, type FirstError } from './first-error.ts';
export { fileSplits, type FileSplits } from './file-splits.ts';
export { taskNamed, tasks } from './registry.ts';
export { joinPrefix, splitSteps } from './steps.ts';
export { gsm8kTask } from './gsm8k/task.ts';
export { formatGsm8kProblems } from './gsm8k/problems.ts';
export { parseExemplars } from './gsm8k/exemplars.ts';
export { equalNumbers, plainNumber } from './numbers/answers.ts';
export { arithmeticTask } from './arithmetic/task.ts';
export { checkSteps } from './arithmetic/check.ts';
export { generateArithmetic, type ArithmeticData, type ArithmeticSettings } from './arithmetic/generate.ts';
export {
  arithmeticTokenIds,
  arithmeticVocabularySize,
  buildArithmeticTokenizer,
} from './arithmetic/tokenizer.ts';
export { extractProgram, namesIn } from './python/extract-program.ts';
export { splitProgram } from './python/program-steps.ts';
export { tokenisePython, type PythonToken, type PythonTokenKind } from './python/tokens.ts';
export { formatCodeProblems } from './code/problems.ts';
export { parseBenchmark, type BenchmarkProblem } from './benchmark/problems.ts';
export { mbppTask } from './mbpp/task.ts';
export { mbppSplit, mbppSplits, type MbppSplit } from './mbpp/problems.ts';
export { humanEvalTask } from './humaneval/task.ts';
export { mmluMathTask } from './mmlu/task.ts';
export { programsTask } from './programs/task.ts';
export { generatePrograms, type ProgramData, type ProgramSettings } from './programs/generate.ts';
export { buildProgramTokenizer } from './programs/tokenizer.ts';
export { buildWordTokenizer, specialTokenIds, specialTokens, type TokenizerFiles } from './word-tokenizer.ts';
