import { MEDIA_TYPES, readJsonLines, type ArtifactStore } from '@sipf/artifacts';
import type { training } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { RewardExample, SupervisedExample, PreferenceExample, TrainingDataset } from '@sipf/learning';
import { encodeSteps, renderPrompt, type Tokenizer } from '@sipf/models';
import { z } from 'zod';

const text = z.string().max(1_000_000);
const completionText = text.min(1);
const supervisedRow = z.object({ prompt: text, completion: completionText });
const preferenceRow = z.object({
  prompt: text,
  chosen: completionText,
  rejected: completionText,
  weight: z.number().min(0).max(1e6).optional(),
});
const stepwiseRow = z
  .object({
    prompt: completionText,
    completions: z.array(completionText).min(1).max(1024),
    labels: z.array(z.union([z.boolean(), z.number().min(0).max(1), z.null()])),
    soft_labels: z.array(z.union([z.number().min(0).max(1), z.null()])).optional(),
  })
  .refine(({ completions, labels }) => labels.length === completions.length, {
    path: ['labels'],
    message: 'must be as many as completions',
  });

interface ReadOptions {
  readonly spec: training.JobSpec;
  readonly tokenizer: Tokenizer;
}

/**
 * Reads and encodes the dataset of a job.
 * @throws SipfError `invalid-argument` naming the line and the field of the first wrong row; as the store's `open`
 */
export async function readDataset(
  store: ArtifactStore,
  { spec, tokenizer }: ReadOptions,
): Promise<TrainingDataset> {
  const { objective } = spec;
  const rows = <T>(schema: z.ZodType<T>): Promise<T[]> => readRows(store, spec, schema);
  switch (objective?.$case) {
    case 'preference': {
      const examples = (await rows(preferenceRow)).map((row) => preferenceExample(tokenizer, row));
      return { kind: 'preference', examples };
    }
    case 'rewardModel': {
      const settings = objective.value;
      const examples = (await rows(stepwiseRow)).map((row) => rewardExample(tokenizer, row, settings));
      return { kind: 'reward', examples };
    }
    default: {
      const examples = (await rows(supervisedRow)).map((row) => supervisedExample(tokenizer, row));
      return { kind: 'supervised', examples };
    }
  }
}

async function readRows<T>(store: ArtifactStore, spec: training.JobSpec, schema: z.ZodType<T>): Promise<T[]> {
  const digest = spec.dataset?.digest ?? '';
  const chunks = store.open({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.jsonLines });
  const rows: T[] = [];
  const parse = (value: unknown): T => parseRow(schema, value);
  for await (const { value } of readJsonLines(chunks, { name: 'dataset', parse })) rows.push(value);
  return rows;
}

function parseRow<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const violations = result.error.issues.map(({ path, message }) => ({
    field: path.join('.') || 'row',
    description: message,
  }));
  const words = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  throw new SipfError('invalid-argument', words, { reason: 'DATASET_INVALID', violations });
}

function supervisedExample(
  tokenizer: Tokenizer,
  { prompt, completion }: z.infer<typeof supervisedRow>,
): SupervisedExample {
  const { promptIds, completionIds } = encodeCompletion(tokenizer, prompt, completion);
  return { promptIds, completionIds };
}

function preferenceExample(
  tokenizer: Tokenizer,
  { prompt, chosen, rejected, weight }: z.infer<typeof preferenceRow>,
): PreferenceExample {
  const better = encodeCompletion(tokenizer, prompt, chosen);
  const worse = encodeCompletion(tokenizer, prompt, rejected);
  return {
    promptIds: better.promptIds,
    chosenIds: better.completionIds,
    rejectedIds: worse.completionIds,
    ...(weight === undefined ? {} : { weight }),
  };
}

/** The prompt exactly as generation encodes it, then the completion with the end token that it shall learn. */
function encodeCompletion(
  tokenizer: Tokenizer,
  prompt: string,
  completion: string,
): { readonly promptIds: number[]; readonly completionIds: number[] } {
  const promptIds = tokenizer.encode(prompt);
  const whole = tokenizer.encode(prompt + completion);
  const isContinued = promptIds.every((id, index) => whole[index] === id);
  const completionIds = isContinued
    ? whole.slice(promptIds.length)
    : tokenizer.encode(completion, { addSpecialTokens: false });
  const { eosTokenId } = tokenizer;
  return { promptIds, completionIds: eosTokenId === null ? completionIds : [...completionIds, eosTokenId] };
}

/** Hard labels, or soft ones where the job asks for them; an outcome model has one label, at the last step. */
function rewardExample(
  tokenizer: Tokenizer,
  { prompt, completions, labels, soft_labels: soft }: z.infer<typeof stepwiseRow>,
  { promptTemplate, softLabels, outcomeOnly }: training.RewardModelObjective,
): RewardExample {
  const template = promptTemplate === '' ? undefined : promptTemplate;
  const { ids, promptLength, stepEnds } = encodeSteps(tokenizer, renderPrompt(prompt, template), completions);
  const chosen = softLabels && soft !== undefined ? soft : labels;
  const numbers = chosen.map((label) => (label === null ? null : Number(label)));
  const last = numbers.length - 1;
  return {
    ids,
    promptLength,
    stepEnds,
    labels: outcomeOnly ? numbers.map((label, index) => (index === last ? label : null)) : numbers,
  };
}
