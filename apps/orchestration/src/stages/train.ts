import {
  namingSettings,
  optimisationShape,
  toLora,
  toOptimisation,
  training,
  type common,
  type OptimisationConfig,
  type RunConfig,
} from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { formatModel, jsonLines, trainingOf, type TrainingKind } from '@sipf/runs';
import { stageSeed, type StageContext } from './stage-context.ts';

/** Where a job starts: from a model, or from random weights of a shape. */
export type ModelOrigin =
  | { readonly kind: 'model'; readonly model: common.ModelRef }
  | { readonly kind: 'scratch'; readonly initialConfig: string };

/** A training job of a stage. */
export interface StageJob {
  readonly from: ModelOrigin;
  /** Digest of the JSON Lines. */
  readonly dataset: string;
  readonly objective: training.JobSpec['objective'];
  readonly optimisation: OptimisationConfig;
  /** The adapter that is trained on a model; a model from scratch has no base to adapt. @default every parameter */
  readonly lora?: RunConfig['policy']['lora'];
  /** Whether rows that the model's tokenizer cannot read are left out: for texts that another model wrote. @default false */
  readonly dropUnreadable?: boolean;
}

/** What a training stage leaves. */
export interface TrainedModel {
  /** As the log spells it. */
  readonly model: string;
  /** Rows that were left out because they are too long, or because the model's tokenizer cannot read them. */
  readonly droppedRows: number;
}

/** The training service's name of a stage's job. */
export function jobIdOf(runId: string, stage: string): string {
  return `${runId}-${stage}`;
}

/** Runs the stage's training job to its end. */
export async function trainModel(context: StageContext<TrainingKind>, job: StageJob): Promise<TrainedModel> {
  const { epoch } = context.lease;
  const request = { jobId: jobIdOf(context.runId, context.stage.id), spec: specOf(context, job), epoch };
  const trained = context.services
    .train(request, {
      signal: context.signal,
      onProgress: ({ step, totalSteps, metrics }) => {
        context.progress(step, totalSteps, metrics);
        context.recordMetrics(step, metrics);
      },
    })
    .catch((error: unknown) => {
      throw inOwnWords(error, context);
    });
  const { model, droppedRows } = await trained;
  return { model: formatModel(model), droppedRows };
}

/** The failure of a job, with the settings of its training called as the run's configuration does. */
function inOwnWords(error: unknown, { stage, settings }: StageContext<TrainingKind>): unknown {
  if (!(error instanceof SipfError) || error.reason !== 'JOB_FAILED') return error;
  const { field } = trainingOf(stage, settings);
  const message = namingSettings(error.message, (name) =>
    Object.hasOwn(optimisationShape, name) ? `${field}.${name}` : undefined,
  );
  const { kind, reason, violations, metadata } = error;
  return new SipfError(kind, message, { reason, violations, metadata, cause: error });
}

function specOf(context: StageContext<TrainingKind>, job: StageJob): training.JobSpec {
  const { from } = job;
  const lora = from.kind === 'model' ? job.lora : undefined;
  return training.JobSpec.fromPartial({
    ...(from.kind === 'scratch'
      ? { initialConfig: { digest: from.initialConfig } }
      : { baseModel: from.model }),
    dataset: { ...jsonLines(job.dataset), sizeBytes: 0n },
    ...(job.objective === undefined ? {} : { objective: job.objective }),
    optimisation: toOptimisation(job.optimisation),
    ...(lora === undefined ? {} : { lora: toLora(lora) }),
    seed: stageSeed(context),
    chatDay: context.settings.chatDay,
    dropUnreadableRows: job.dropUnreadable === true,
  });
}
