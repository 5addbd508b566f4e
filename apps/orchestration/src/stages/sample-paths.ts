import { generation, type common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { Path } from '@sipf/method';
import type { Problem, PromptStyle } from '@sipf/tasks';
import type { StageContext } from './stage-context.ts';
import { processStageItems } from './stage-items.ts';

/** What is drawn for every question. */
export interface SamplingJob {
  readonly model: common.ModelRef;
  readonly sampling: common.SamplingSettings;
  readonly style: PromptStyle;
}

/** Draws the paths of every question and labels their outcomes (Eq. 1), in the order of questions and samples. */
export async function samplePaths(
  context: StageContext,
  problems: readonly Problem[],
  job: SamplingJob,
): Promise<Path[]> {
  const paths = await processStageItems<Problem, readonly Path[]>(context, problems, {
    key: ({ id }) => id,
    call: async (chunk, bounds) => {
      const answers = await context.services.generate(requestFor(context, chunk, job), bounds);
      return chunk.map((problem) => pathsOf(context, problem, answers, job.sampling.n));
    },
  });
  return paths.flat();
}

function requestFor(
  { task }: StageContext,
  problems: readonly Problem[],
  { model, sampling, style }: SamplingJob,
): generation.GenerateRequest {
  return generation.GenerateRequest.fromPartial({
    model,
    sampling,
    prompts: problems.map((problem) => ({ id: problem.id, text: task.prompt(problem, style) })),
  });
}

function pathsOf(
  { task, stage }: StageContext,
  problem: Problem,
  answers: readonly generation.GenerateResponse[],
  expected: number,
): Path[] {
  const own = answers
    .filter(({ promptId }) => promptId === problem.id)
    .toSorted((a, b) => a.sampleIndex - b.sampleIndex);
  if (own.length !== expected) {
    throw new SipfError('unavailable', `${own.length} of ${expected} paths came for ${problem.id}`, {
      reason: 'WORKER_FAILED',
    });
  }
  return own.map(({ sampleIndex, text, meanLogProb }) => ({
    questionId: problem.id,
    iteration: stage.iteration,
    sampleIndex,
    text,
    // A path of white space alone has no step that could be labelled or scored.
    steps: text.trim() === '' ? [] : task.splitSteps(text),
    outcome: task.isCorrect(problem, task.extractAnswer(text, 'strict')) ? 'correct' : 'wrong',
    meanLogProb,
  }));
}
