import { REQUEST_ROOM, stepLogOdds, verification } from '@sipf/contracts';
import {
  groupByQuestion,
  pathKey,
  pathLogReward,
  sampledAccuracy,
  type Path,
  type RewardAggregation,
  type SampledAnswer,
} from '@sipf/method';
import { parseModel, putRecords, type StageResults } from '@sipf/runs';
import type { MathTask, Problem } from '@sipf/tasks';
import { inChunks } from '../work/chunks.ts';
import { inHalves } from '../work/halve-calls.ts';
import { promptStyle, questionsOf, unaskedOf } from './evaluate.ts';
import { policyOf } from './policy-stages.ts';
import { canBeJudged, pathBytes } from './request-bytes.ts';
import { samplePaths } from './sample-paths.ts';
import { drawn } from './sampling-settings.ts';
import { problemOf } from './simulate.ts';
import { inputWhereMade, type StageContext } from './stage-context.ts';
import { scoreRecord, scoreRow } from './verifier.ts';

/** Pass@k, majority and, where the run has a verifier, best of k: from several samples of every test question. */
export async function evaluateSamples(
  context: StageContext<'evaluate-samples'>,
): Promise<StageResults['evaluate-samples']> {
  const {
    settings: { evaluation, sampling },
    artifacts,
  } = context;
  const { count: n, temperature = sampling.temperature, k = [1, n] } = evaluation.samples;
  const { maxNewTokens } = evaluation;
  const problems = await questionsOf(context);
  const { paths, unasked } = await samplePaths(context, problems, {
    model: policyOf(context),
    sampling: drawn(context, n, { ...sampling, temperature, maxNewTokens }),
    style: await promptStyle(context),
  });
  const rewards = await rewardsOf(context, problems, paths);
  const answers = groupByQuestion(paths);
  const questions = problems.map(({ id }) => (answers.get(id) ?? []).map(answerOf(context, rewards)));
  const { digest } = await putRecords(artifacts, paths);
  return {
    outputs: { paths: digest },
    counts: { total: problems.length, samples: paths.length, ...unaskedOf(unasked) },
    figures: sampledAccuracy(questions, k, equalAnswers(context)),
  };
}

function answerOf({ task }: Pick<StageContext, 'task'>, rewards: ReadonlyMap<string, number>) {
  return (path: Path): SampledAnswer => {
    const answer = task.domain === 'math' ? votingAnswer(task, path.text) : undefined;
    const reward = rewards.get(pathKey(path));
    return {
      outcome: path.outcome,
      ...(answer === undefined ? {} : { answer }),
      ...(reward === undefined ? {} : { reward }),
    };
  };
}

/** An answer that cannot be read is not the same as itself, and has no vote. */
function votingAnswer(task: MathTask, text: string): string | undefined {
  const answer = task.extractAnswer(text, 'strict');
  return answer !== undefined && task.isCorrect({ id: '', question: '', answer }, answer)
    ? answer
    : undefined;
}

/** Answers vote together when they are the same number; programs do not vote. */
function equalAnswers({ task }: Pick<StageContext, 'task'>): ((a: string, b: string) => boolean) | undefined {
  if (task.domain === 'code') return undefined;
  return (a, b) => task.isCorrect({ id: '', question: '', answer: a }, b);
}

/** The logarithm of every path's reward, where the verifier can take it whole; none where the run has no verifier. */
async function rewardsOf(
  context: StageContext<'evaluate-samples'>,
  problems: readonly Problem[],
  paths: readonly Path[],
): Promise<ReadonlyMap<string, number>> {
  const { settings, limits, services, signal } = context;
  const { itemsPerCall, callTimeoutMs: timeoutMs } = limits;
  const verifier = inputWhereMade(context, 'train-verifier');
  if (verifier === undefined) return new Map();
  const model = parseModel(verifier.outputs.model);
  const aggregation: RewardAggregation = settings.pairs?.aggregation ?? settings.filter.aggregation;
  const byId = new Map(problems.map((problem) => [problem.id, problem]));
  const open = paths.filter((path) => path.steps.length > 0 && canBeJudged(path));
  const rewards = new Map<string, number>();
  const bytesOf = (path: Path): number => pathBytes(context.task, problemOf(byId, path), path);
  for (const chunk of inChunks(open, { itemsPerCall, bytesPerCall: REQUEST_ROOM.whole, bytesOf })) {
    const scores = await inHalves(chunk, async (some) => {
      const rows = some.map((path) => scoreRow(byId, path));
      const request = verification.ScoreRequest.fromPartial({ model, rows });
      return (await services.score(request, { signal, timeoutMs })).scores;
    });
    chunk.forEach((path, index) => {
      const { path: key, probabilities } = scoreRecord(path, scores[index]);
      const result = scores[index]?.result;
      if (probabilities.length === 0 || result?.$case !== 'steps') return;
      rewards.set(key, pathLogReward(stepLogOdds(result.value), aggregation));
    });
  }
  return rewards;
}
