import { simulation } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { lastStepLabel, pathKey, selectForLabelling, type Path } from '@sipf/method';
import { createRng } from '@sipf/random';
import {
  type LabelRecord,
  putRecords,
  readRecords,
  type RolledOutLabel,
  ROWS,
  type StageResults,
} from '@sipf/runs';
import type { Problem } from '@sipf/tasks';
import { agreementWithTruth, noiseOfLabels } from './label-quality.ts';
import { canBeJudged, pathBytes } from './request-bytes.ts';
import { drawn } from './sampling-settings.ts';
import { simulatorOf } from './simulator-model.ts';
import { dataOutput, inputOf, stageRng, type StageContext } from './stage-context.ts';
import { processStageItems } from './stage-items.ts';

/** C: step labels of a part of P_k by roll-outs of the simulator (Eq. 2). */
export async function simulate(context: StageContext<'label'>): Promise<StageResults['label']> {
  const { settings, artifacts } = context;
  const paths = await readRecords(artifacts, inputOf(context, 'sample').outputs.paths, ROWS.paths);
  const judged = paths.filter(canBeJudged);
  const chosen = selectForLabelling(judged, settings.simulation, stageRng(context));
  const problems = await problemsById(context);
  const { records, refused } = await labelPaths(context, chosen, problems);
  const unlabelled = paths.length - judged.length + refused;
  const { digest } = await putRecords(artifacts, records);
  const labels = records.flatMap((record) => record.labels);
  const noise = noiseOfLabels(records, settings.simulation);
  const { digest: byPosition } = await putRecords(artifacts, noise.byPosition);
  return {
    outputs: { labels: digest, noise: byPosition },
    counts: {
      paths: records.length,
      steps: labels.length,
      right: labels.filter(({ hard }) => hard === 1).length,
      undecided: labels.filter(({ hard }) => hard === undefined).length,
      rollouts: labels.reduce((sum, { rollouts }) => sum + rollouts, 0),
      ...(unlabelled === 0 ? {} : { unlabelled }),
    },
    figures: { ...agreementWithTruth(context.task, problems, chosen, records), ...noise.figures },
  };
}

/** The questions of the loop. */
export async function problemsById(
  context: Pick<StageContext, 'artifacts' | 'result'>,
): Promise<ReadonlyMap<string, Problem>> {
  const problems = await readRecords(context.artifacts, dataOutput(context, 'loop'), ROWS.problems);
  return new Map(problems.map((problem) => [problem.id, problem]));
}

/** The problem of a path. @throws RangeError for a path that is not of the loop */
export function problemOf(problems: ReadonlyMap<string, Problem>, path: Path): Problem {
  const problem = problems.get(path.questionId);
  if (problem === undefined) throw new RangeError(`no question ${path.questionId}`);
  return problem;
}

/** The labels of the paths that the simulator can read, and how many it cannot. @throws SipfError where it can read none */
async function labelPaths(
  context: StageContext<'label'>,
  paths: readonly Path[],
  problems: ReadonlyMap<string, Problem>,
): Promise<{ readonly records: readonly LabelRecord[]; readonly refused: number }> {
  const answers = await askSimulator(context, paths, problems);
  const records = answers.flatMap((answer) => ('refused' in answer ? [] : [answer]));
  const why = answers.find((answer) => 'refused' in answer);
  if (records.length === 0 && why !== undefined) throw nothingReadable(answers.length, why);
  return { records, refused: answers.length - records.length };
}

/** A path that the simulator cannot read, and why. */
interface RefusedPath {
  readonly path: string;
  readonly refused: string;
}

function nothingReadable(count: number, { path, refused }: RefusedPath): SipfError {
  const message =
    `the simulator can read none of ${count} paths; of ${path} it says: ${refused}. ` +
    "To change: give a simulator whose tokenizer knows the policy's texts (simulator.model), or simulator.model: policy";
  return new SipfError('failed-precondition', message, { reason: 'NOTHING_TO_LEARN' });
}

function askSimulator(
  context: StageContext<'label'>,
  paths: readonly Path[],
  problems: ReadonlyMap<string, Problem>,
): Promise<(LabelRecord | RefusedPath)[]> {
  return processStageItems(context, paths, {
    key: pathKey,
    bytesOf: (path) => pathBytes(context.task, problemOf(problems, path), path),
    call: async (chunk, bounds) => {
      const answers = await context.services.labelSteps(requestFor(context, chunk, problems), bounds);
      const byPath = new Map(answers.map((answer) => [answer.pathId, answer]));
      return chunk.map((path) => labelled(path, byPath.get(pathKey(path))));
    },
  });
}

function requestFor(
  context: StageContext<'label'>,
  paths: readonly Path[],
  problems: ReadonlyMap<string, Problem>,
): simulation.LabelStepsRequest {
  const { simulation: settings } = context.settings;
  const { rollouts, tau, stopWhenDecided } = settings;
  return simulation.LabelStepsRequest.fromPartial({
    model: simulatorOf(context, context.stage.simulatorFrom),
    task: context.task.name,
    tau,
    stopWhenDecided,
    sampling: { ...drawn(context, rollouts, settings), seed: rolloutSeed(context) },
    paths: paths.map((path) => {
      const problem = problemOf(problems, path);
      return {
        id: pathKey(path),
        prompt: context.task.prompt(problem, { kind: 'zero-shot' }),
        steps: path.steps.map(({ text }) => text),
        goldAnswer: problem.answer,
        outcomeCorrect: path.outcome === 'correct',
        preamble: problem.preamble ?? '',
      };
    }),
  });
}

function labelled(path: Path, answer: simulation.LabelStepsResponse | undefined): LabelRecord | RefusedPath {
  const key = pathKey(path);
  if (answer?.error !== undefined) return { path: key, refused: answer.error.message };
  return { path: key, labels: labelsOf(path, answer) };
}

function labelsOf(path: Path, answer: simulation.LabelStepsResponse | undefined): RolledOutLabel[] {
  if (answer?.labels.length !== path.steps.length) {
    throw new SipfError('unavailable', `no labels came for path ${pathKey(path)}`, {
      reason: 'WORKER_FAILED',
    });
  }
  return answer.labels.map((label, index) =>
    index === path.steps.length - 1 ? { ...lastStepLabel(path.outcome), reachedBy: [] } : toLabel(label),
  );
}

function toLabel({ hard, soft, rollouts, reachedBy, undecided }: simulation.StepLabel): RolledOutLabel {
  if (undecided) return { hard: undefined, soft: rollouts === 0 ? undefined : soft, rollouts, reachedBy };
  return { hard: hard ? 1 : 0, soft, rollouts, reachedBy };
}

/** The run's own, the same in every iteration: a prefix that comes again has the label that it had. */
function rolloutSeed({ seed }: StageContext<'label'>): bigint {
  return BigInt(
    createRng(seed)
      .split('roll-outs')
      .integer(2 ** 32),
  );
}
