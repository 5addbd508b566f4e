import { common, quantisationNamed, verification, verifierHeadNamed } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { pathKey, type Path } from '@sipf/method';
import {
  parseModel,
  putRecords,
  readRecords,
  ROWS,
  type ScoreRecord,
  type StageResults,
  trainingOf,
  verifierBaseOf,
} from '@sipf/runs';
import type { Problem } from '@sipf/tasks';
import { stepAccuracy } from './label-quality.ts';
import { policyOf } from './policy-stages.ts';
import { canBeJudged, pathBytes } from './request-bytes.ts';
import { problemOf, problemsById } from './simulate.ts';
import { simulatorOf } from './simulator-model.ts';
import { dataOutput, inputOf, type StageContext } from './stage-context.ts';
import { processStageItems } from './stage-items.ts';
import { stepwiseRows } from './stepwise-rows.ts';
import { trainModel } from './train.ts';

/** V: the reward model, trained on the step labels C (Eqs. 3-4). */
export async function trainVerifier(
  context: StageContext<'train-verifier'>,
): Promise<StageResults['train-verifier']> {
  const { settings, stage, artifacts, task } = context;
  const { verifier, policy } = settings;
  const outcomeOnly = stage.reads.label === undefined;
  const isSoft = verifier.labels === 'soft' && !outcomeOnly;
  const rows = await stepwiseRows(context);
  const { digest } = await putRecords(artifacts, rows);
  const { model, droppedRows } = await trainModel(context, {
    from: {
      kind: 'model',
      model: baseOf(context),
    },
    dataset: digest,
    // Paths are the policy's: another tokenizer may have no tokens for one.
    dropUnreadable: verifier.base !== 'policy',
    lora: verifier.trainable === 'lora' ? policy.lora : undefined,
    objective: {
      $case: 'rewardModel',
      value: {
        head: verifierHeadNamed[verifier.head],
        outcomeOnly,
        softLabels: isSoft,
        headOnly: verifier.trainable === 'head',
        quantisation: quantisationNamed[verifier.trainable === 'head' ? verifier.quantisation : 'none'],
        promptTemplate: task.prompt({ id: '', question: '{question}', answer: '' }, { kind: 'zero-shot' }),
      },
    },
    optimisation: trainingOf(stage, settings).optimisation,
  });
  const learnt = rows.flatMap(({ labels, soft_labels: soft }) =>
    (isSoft ? soft : labels).filter((label) => label !== null),
  );
  return {
    outputs: { dataset: digest, model },
    counts: { paths: rows.length, steps: learnt.length, ...oneClass(learnt), droppedRows },
    figures: {},
  };
}

/** The model under the head. */
function baseOf(context: StageContext<'train-verifier'>): common.ModelRef {
  const { base } = context.settings.verifier;
  if (typeof base === 'object') return parseModel(dataOutput(context, verifierBaseOf(context.stage)));
  const { simulatorFrom } = context.stage;
  return simulatorFrom === undefined ? policyOf(context) : simulatorOf(context, simulatorFrom);
}

/** How many labels are right, where all are alike: a verifier that has seen one kind deserves a warning. */
function oneClass(
  labels: readonly (boolean | number)[],
): Pick<StageResults['train-verifier']['counts'], 'right'> {
  const right = labels.filter((label) => Number(label) >= 0.5).length;
  return right === 0 || right === labels.length ? { right } : {};
}

/** Eqs. 3-5: the verifier's probability of every step of P_k. */
export async function score(context: StageContext<'score'>): Promise<StageResults['score']> {
  const { artifacts, task } = context;
  const model = parseModel(inputOf(context, 'train-verifier').outputs.model);
  const sampled = inputOf(context, 'sample').outputs.paths;
  // A path without a step has no reward.
  const paths = (await readRecords(artifacts, sampled, ROWS.paths)).filter(({ steps }) => steps.length > 0);
  const problems = await problemsById(context);
  const judged = paths.filter(canBeJudged);
  const records = await processStageItems(context, judged, {
    key: pathKey,
    bytesOf: (path) => pathBytes(task, problemOf(problems, path), path),
    call: async (chunk, bounds) => {
      const rows = chunk.map((path) => scoreRow(problems, path));
      const request = verification.ScoreRequest.fromPartial({ model, rows });
      const { scores } = await context.services.score(request, bounds);
      return chunk.map((path, index) => scoreRecord(path, scores[index]));
    },
  });
  const { digest } = await putRecords(artifacts, records);
  const unscored = paths.length - judged.length;
  const steps = records.reduce((sum, record) => sum + record.probabilities.length, 0);
  return {
    outputs: { scores: digest },
    counts: { paths: paths.length, steps, unscored: unscored + records.filter(isUnscored).length },
    figures: stepAccuracy(task, problems, judged, records),
  };
}

function isUnscored({ probabilities }: ScoreRecord): boolean {
  return probabilities.length === 0;
}

/** A path as the verifier is asked about it. */
export function scoreRow(problems: ReadonlyMap<string, Problem>, path: Path): verification.ScoreRow {
  const { question } = problemOf(problems, path);
  return { id: pathKey(path), question, steps: path.steps.map(({ text }) => text), text: '' };
}

/** What is wrong with one path's own text, where the verifier judges the others all the same. */
const UNREADABLE: ReadonlySet<common.ErrorReason> = new Set([
  common.ErrorReason.SEQUENCE_TOO_LONG,
  common.ErrorReason.TEXT_NOT_ENCODABLE,
]);

/** What the verifier said of a path; no probabilities where it cannot read it. @throws SipfError SCORING_FAILED */
export function scoreRecord(path: Path, score: verification.RowScore | undefined): ScoreRecord {
  if (score?.result?.$case === 'steps') {
    return { path: pathKey(path), probabilities: score.result.value.probabilities };
  }
  // A path that the verifier cannot read has no reward, and so is in no pair.
  if (score?.result?.$case === 'error' && UNREADABLE.has(score.result.value.reason)) {
    return { path: pathKey(path), probabilities: [] };
  }
  const why = score?.result?.$case === 'error' ? score.result.value.message : 'no answer';
  throw new SipfError('failed-precondition', `path ${pathKey(path)} could not be scored: ${why}`, {
    reason: 'SCORING_FAILED',
  });
}
