import { SipfError, type FieldViolation } from '@sipf/errors';
import type { DecoderConfig, ObjectiveKind } from '@sipf/models';
import { exampleLengths, type TrainingDataset } from './training-example.ts';

const KINDS: Readonly<Record<ObjectiveKind, TrainingDataset['kind']>> = {
  sft: 'supervised',
  orpo: 'preference',
  dpo: 'preference',
  rpo: 'preference',
  'process-reward': 'reward',
  'outcome-reward': 'reward',
};

/** The most kinds of faults in an error; each is listed once, by its first row. */
const LISTED = 10;

/**
 * Checks that a dataset can be trained on.
 * @param maxTokens longest allowed row
 * @throws SipfError invalid-argument DATASET_INVALID naming the first wrong examples
 */
export function checkDataset(
  dataset: TrainingDataset,
  objective: ObjectiveKind,
  { config, maxTokens }: { readonly config: DecoderConfig; readonly maxTokens: number },
): void {
  if (dataset.kind !== KINDS[objective]) {
    throw invalid([
      { field: 'dataset.kind', description: `is ${dataset.kind}, ${objective} needs ${KINDS[objective]}` },
    ]);
  }
  const violations = [...faultsOf(dataset, { config, maxTokens }), ...wholeFaults(dataset)];
  if (needsReference(objective) && violations.length === 0) violations.push(...missingReferences(dataset));
  if (violations.length > 0) throw invalid(violations);
}

/** What is wrong with examples: each kind of fault once, with its first example and how many have it. */
function faultsOf(
  dataset: TrainingDataset,
  { config, maxTokens }: { readonly config: DecoderConfig; readonly maxTokens: number },
): FieldViolation[] {
  const lengths = exampleLengths(dataset);
  const found = dataset.examples.flatMap((example, index) => {
    const length = lengths[index] as number;
    const fault =
      length > maxTokens
        ? { kind: 'length', description: `has ${length} tokens, at most ${maxTokens} are allowed` }
        : faultOf(example, config);
    return fault === undefined ? [] : [{ ...fault, index }];
  });
  return [...Map.groupBy(found, ({ kind }) => kind).values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const others = alike.length === 1 ? '' : ` (so do ${alike.length - 1} more of ${lengths.length})`;
    return [{ field: `examples[${first.index}]`, description: first.description + others }];
  });
}

/** What no example is wrong by. */
function wholeFaults(dataset: TrainingDataset): FieldViolation[] {
  if (dataset.examples.length === 0) return [{ field: 'examples', description: 'must not be empty' }];
  if (dataset.kind !== 'reward') return [];
  const isLabelled = dataset.examples.some(({ labels }) => labels.some((label) => label !== null));
  return isLabelled ? [] : [{ field: 'examples', description: 'have no label to learn' }];
}

function needsReference(objective: ObjectiveKind): boolean {
  return objective === 'dpo' || objective === 'rpo';
}

function missingReferences(dataset: TrainingDataset): FieldViolation[] {
  if (dataset.kind !== 'preference') return [];
  return dataset.examples.flatMap(({ reference }, index) =>
    reference === undefined
      ? [
          {
            field: `examples[${index}].reference`,
            description: 'is missing; this objective compares with it',
          },
        ]
      : [],
  );
}

type Example = TrainingDataset['examples'][number];

interface Fault {
  /** Faults of one kind differ in numbers alone. */
  readonly kind: string;
  readonly description: string;
}

function faultOf(example: Example, { vocabSize }: DecoderConfig): Fault | undefined {
  const rows = tokenLists(example);
  if (rows.some((ids) => ids.length === 0)) return { kind: 'empty', description: 'has an empty completion' };
  if (rows.flat().some((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize)) {
    return { kind: 'vocabulary', description: `has a token outside the vocabulary of ${vocabSize}` };
  }
  const description = 'stepEnds' in example ? labelProblem(example) : undefined;
  return description === undefined ? undefined : { kind: 'label', description };
}

function tokenLists(example: Example): (readonly number[])[] {
  if ('stepEnds' in example) return [example.ids];
  if ('completionIds' in example)
    return [[...example.promptIds, ...example.completionIds], example.completionIds];
  return [example.promptIds.concat(example.chosenIds), example.chosenIds, example.rejectedIds];
}

function labelProblem(example: Extract<Example, { stepEnds: readonly number[] }>): string | undefined {
  const { ids, stepEnds, labels } = example;
  if (labels.length !== stepEnds.length) return `has ${labels.length} labels for ${stepEnds.length} steps`;
  if (stepEnds.some((end) => !Number.isInteger(end) || end < 0 || end >= ids.length)) {
    return 'has a step that ends outside its tokens';
  }
  return labels.some((label) => label !== null && !(label >= 0 && label <= 1))
    ? 'has a label outside [0, 1]'
    : undefined;
}

function invalid(violations: readonly FieldViolation[]): SipfError {
  const listed = violations.slice(0, LISTED);
  const more = violations.length > LISTED ? ` (and ${violations.length - LISTED} more)` : '';
  const words = listed.map(({ field, description }) => `${field} ${description}`).join('; ');
  return new SipfError('invalid-argument', `dataset: ${words}${more}`, {
    reason: 'DATASET_INVALID',
    violations: listed,
  });
}
