import { accuracyOf, type Path } from '@sipf/method';
import { type OutcomeRecord, putRecords, readRecords, ROWS, type StageResults } from '@sipf/runs';
import { parseExemplars, taskNamed, type Problem, type PromptStyle, type Task } from '@sipf/tasks';
import { outcomeRecords } from './outcomes.ts';
import { policyOf } from './policy-stages.ts';
import { samplePaths } from './sample-paths.ts';
import { greedy } from './sampling-settings.ts';
import { dataOf, dataOutput, type StageContext } from './stage-context.ts';

/** Greedy accuracy on a data set, as every figure of the paper is measured. */
export async function evaluate(context: StageContext<'evaluate'>): Promise<StageResults['evaluate']> {
  const { settings, artifacts } = context;
  const problems = await questionsOf(context);
  const asking = { ...context, task: taskOfDataSet(context) };
  const style = await promptStyle(context);
  const sampling = greedy(settings.evaluation.maxNewTokens, asking.task.stopStrings(style));
  const job = { model: policyOf(context), sampling, style };
  const { paths, unasked } = await samplePaths(asking, problems, job);
  const records = outcomeRecords(asking.task, problems, paths);
  const { digest: outcomes } = await putRecords(artifacts, records);
  const { digest } = await putRecords(artifacts, paths);
  const { counts, figures } = measure(asking.task, problems, paths, records);
  return { outputs: { paths: digest, outcomes }, counts: { ...counts, ...unaskedOf(unasked) }, figures };
}

/** Absent where there are none. */
export function unaskedOf(unasked: number): { readonly unasked?: number } {
  return unasked === 0 ? {} : { unasked };
}

type Evaluation = 'evaluate' | 'evaluate-samples';

/** The questions that an evaluation asks. */
export async function questionsOf(context: StageContext<Evaluation>): Promise<Problem[]> {
  return await readRecords(context.artifacts, dataOutput(context, context.stage.dataset), ROWS.problems);
}

/** How the recipe wants the model to be asked. */
export async function promptStyle(context: StageContext<Evaluation>): Promise<PromptStyle> {
  const { stage, artifacts } = context;
  const { exemplars } = dataOf(context).outputs;
  if (stage.method.prompt !== 'few-shot' || exemplars === undefined) return { kind: 'zero-shot' };
  const [text = ''] = await readRecords(artifacts, exemplars, ROWS.exemplars);
  return parseExemplars(text, 'exemplars');
}

/** HumanEval and MMLU_Math are tasks of their own; other sets are questions of the run's. */
function taskOfDataSet({ stage: { dataset }, task }: StageContext<'evaluate'>): Task {
  return dataset === 'humaneval' || dataset === 'mmlu-math' ? taskNamed(dataset) : task;
}

function measure(
  task: Task,
  problems: readonly Problem[],
  paths: readonly Path[],
  records: readonly OutcomeRecord[],
): Pick<StageResults['evaluate'], 'counts' | 'figures'> {
  const strict = accuracyOf(paths.map(({ outcome }) => outcome));
  const { correct, total, unknown, accuracy, low, high } = strict;
  return {
    counts: {
      correct,
      total,
      ...flexibleCount(task, problems, paths),
      ...(unknown === 0 ? {} : { unknown }),
    },
    figures: { accuracy, low, high, ...wholePathShare(records) },
  };
}

/** Right answers by the flexible rule of extraction, for tasks with answers. */
function flexibleCount(
  task: Task,
  problems: readonly Problem[],
  paths: readonly { readonly text: string }[],
): Pick<StageResults['evaluate']['counts'], 'flexibleCorrect'> {
  if (task.domain === 'code') return {};
  const right = problems.filter((problem, index) =>
    task.isCorrect(problem, task.extractAnswer(paths[index]?.text ?? '', 'flexible')),
  );
  return { flexibleCorrect: right.length };
}

/** The share of paths whose every step is right, for tasks that can check steps. */
function wholePathShare(
  records: readonly OutcomeRecord[],
): Pick<StageResults['evaluate']['figures'], 'wholePathAccuracy'> {
  if (!records.some(({ wholePath }) => wholePath !== undefined)) return {};
  return { wholePathAccuracy: records.filter(({ wholePath }) => wholePath === true).length / records.length };
}
