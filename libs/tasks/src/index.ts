export type {
  Exemplar,
  ExtractionMode,
  FewShotStyle,
  Problem,
  PromptStyle,
  Step,
  StepTruth,
  Task,
} from './task.ts';
export { taskNamed, tasks } from './registry.ts';
export { joinPrefix, splitSteps } from './steps.ts';
export { gsm8kTask } from './gsm8k/task.ts';
export { formatGsm8kProblems } from './gsm8k/problems.ts';
export { parseExemplars } from './gsm8k/exemplars.ts';
export { equalNumbers } from './numbers/answers.ts';
export { arithmeticTask } from './arithmetic/task.ts';
export { checkSteps } from './arithmetic/check.ts';
export { generateArithmetic, type ArithmeticData, type ArithmeticSettings } from './arithmetic/generate.ts';
export {
  arithmeticTokenIds,
  arithmeticVocabularySize,
  buildArithmeticTokenizer,
  type TokenizerFiles,
} from './arithmetic/tokenizer.ts';
