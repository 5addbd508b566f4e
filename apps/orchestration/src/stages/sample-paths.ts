import { generation, leftNoRoom, type common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { Path } from '@sipf/method';
import { createJudge, type Judge } from '@sipf/outcomes';
import type { Problem, PromptStyle } from '@sipf/tasks';
import type { CallBounds } from '../services/services.ts';
import { promptBytes } from './request-bytes.ts';
import type { StageContext } from './stage-context.ts';
import { processStageItems } from './stage-items.ts';

/** A stage that asks the policy. */
type AskingContext = StageContext<'sample' | 'evaluate' | 'evaluate-samples'>;

/** What is drawn for every question. */
export interface SamplingJob {
  readonly model: common.ModelRef;
  readonly sampling: common.SamplingSettings;
  readonly style: PromptStyle;
}

/** Paths, and how many questions fill the policy's longest sequence, so that theirs are empty. */
export interface SampledPaths {
  readonly paths: Path[];
  readonly unasked: number;
}

/** A path as the journal keeps it. */
type DrawnPath = Path & { unasked?: true };

/** Draws the paths of every question and labels their outcomes (Eq. 1), in the order of questions and samples. */
export async function samplePaths(
  context: AskingContext,
  problems: readonly Problem[],
  job: SamplingJob,
): Promise<SampledPaths> {
  const judge = createJudge(context.task, context.services.executor);
  const drawn = await processStageItems<Problem, readonly DrawnPath[]>(context, problems, {
    key: ({ id }) => id,
    bytesOf: (problem) => promptBytes(context.task, problem, job.style),
    call: async (chunk, bounds) => {
      const answers = await context.services.generate(requestFor(context, chunk, job), bounds);
      const own = chunk.map((problem) => answersOf(problem, answers, job.sampling.n));
      return await Promise.all(
        chunk.map((problem, index) => toPaths(context, { problem, drawn: own[index] ?? [], judge, bounds })),
      );
    },
  });
  return {
    paths: drawn.flat().map(withoutMark),
    unasked: drawn.filter((paths) => paths.some(({ unasked }) => unasked)).length,
  };
}

function withoutMark(drawn: DrawnPath): Path {
  const path = { ...drawn };
  delete path.unasked;
  return path;
}

function requestFor(
  { task, settings }: AskingContext,
  problems: readonly Problem[],
  { model, sampling, style }: SamplingJob,
): generation.GenerateRequest {
  return generation.GenerateRequest.fromPartial({
    model,
    sampling,
    chatDay: settings.chatDay,
    prompts: problems.map((problem) => ({ id: problem.id, text: task.prompt(problem, style) })),
  });
}

/** @throws SipfError `unavailable` where some of a problem's paths did not come */
function answersOf(
  problem: Problem,
  answers: readonly generation.GenerateResponse[],
  expected: number,
): generation.GenerateResponse[] {
  const own = answers
    .filter(({ promptId }) => promptId === problem.id)
    .toSorted((a, b) => a.sampleIndex - b.sampleIndex);
  if (own.length === expected) return own;
  throw new SipfError('unavailable', `${own.length} of ${expected} paths came for ${problem.id}`, {
    reason: 'WORKER_FAILED',
  });
}

interface DrawnPaths {
  readonly problem: Problem;
  readonly drawn: readonly generation.GenerateResponse[];
  readonly judge: Judge;
  readonly bounds: CallBounds;
}

async function toPaths(
  { task, stage }: AskingContext,
  { problem, drawn, judge, bounds }: DrawnPaths,
): Promise<DrawnPath[]> {
  const outcomes = await Promise.all(drawn.map(({ text }) => judge.outcome({ problem, text }, bounds)));
  return drawn.map((answer, index) => ({
    questionId: problem.id,
    iteration: stage.iteration,
    sampleIndex: answer.sampleIndex,
    text: answer.text,
    // A path of white space alone has no step that could be labelled or scored.
    steps: answer.text.trim() === '' ? [] : task.splitSteps(answer.text),
    outcome: outcomes[index] ?? 'unknown',
    meanLogProb: answer.meanLogProb,
    ...(leftNoRoom(answer) ? { unasked: true } : {}),
  }));
}
