import { MEDIA_TYPES, readJsonLines, type ArtifactStore } from '@sipf/artifacts';
import type { training } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import {
  parseTrainingRow,
  preferenceExample,
  rewardExample,
  supervisedExample,
  type RowKind,
  type TrainingDataset,
  type TrainingRow,
} from '@sipf/learning';
import type { Tokenizer } from '@sipf/models';

interface ReadOptions {
  readonly spec: training.JobSpec;
  readonly tokenizer: Tokenizer;
}

/** A job's rows as tokens, and how many the tokenizer cannot read. */
interface ReadDataset {
  readonly dataset: TrainingDataset;
  readonly unreadable: number;
}

/**
 * Reads and encodes the dataset of a job, without the rows that the tokenizer cannot read where the job allows to leave them out.
 * @throws SipfError `invalid-argument` naming the line and the field of the first wrong row; as the store's `open`
 */
export async function readDataset(
  store: ArtifactStore,
  { spec, tokenizer }: ReadOptions,
): Promise<ReadDataset> {
  let unreadable = 0;
  const leaveOut = spec.dropUnreadableRows ? () => unreadable++ : undefined;
  const dataset = await encodeRows(store, { spec, tokenizer }, leaveOut);
  return { dataset, unreadable };
}

/** @param leaveOut called for every row that the tokenizer cannot read; the first one is an error where absent */
async function encodeRows(
  store: ArtifactStore,
  { spec, tokenizer }: ReadOptions,
  leaveOut: (() => void) | undefined,
): Promise<TrainingDataset> {
  const { objective } = spec;
  const source = { store, spec, leaveOut };
  switch (objective?.$case) {
    case 'preference': {
      const examples = await read(source, 'preference', (row) => preferenceExample(tokenizer, row));
      return { kind: 'preference', examples };
    }
    case 'rewardModel': {
      const settings = objective.value;
      const examples = await read(source, 'reward', (row) => rewardExample(tokenizer, row, settings));
      return { kind: 'reward', examples };
    }
    default: {
      const examples = await read(source, 'supervised', (row) => supervisedExample(tokenizer, row));
      return { kind: 'supervised', examples };
    }
  }
}

type RowOf<Kind extends RowKind> = Extract<TrainingRow, { readonly kind: Kind }>['row'];

interface Source {
  readonly store: ArtifactStore;
  readonly spec: training.JobSpec;
  readonly leaveOut: (() => void) | undefined;
}

/** The examples of all rows: what a template does not take is named by its line too. */
async function read<Kind extends RowKind, Example>(
  { store, spec, leaveOut }: Source,
  kind: Kind,
  encode: (row: RowOf<Kind>) => Example,
): Promise<Example[]> {
  const digest = spec.dataset?.digest ?? '';
  const chunks = store.open({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.jsonLines });
  const parse = (value: unknown): Example => encode(parseTrainingRow(kind, value).row as RowOf<Kind>);
  const examples: Example[] = [];
  const onFault = (fault: SipfError): void => {
    if (leaveOut === undefined || !isUnreadable(fault.cause)) throw fault;
    leaveOut();
  };
  for await (const { value } of readJsonLines(chunks, { name: 'dataset', parse, onFault }))
    examples.push(value);
  return examples;
}

function isUnreadable(cause: unknown): boolean {
  return cause instanceof SipfError && cause.reason === 'TEXT_NOT_ENCODABLE';
}
