import { MEDIA_TYPES, readJsonLines, type ArtifactStore } from '@sipf/artifacts';
import type { training } from '@sipf/contracts';
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

/**
 * Reads and encodes the dataset of a job.
 * @throws SipfError `invalid-argument` naming the line and the field of the first wrong row; as the store's `open`
 */
export async function readDataset(
  store: ArtifactStore,
  { spec, tokenizer }: ReadOptions,
): Promise<TrainingDataset> {
  const { objective } = spec;
  switch (objective?.$case) {
    case 'preference': {
      const examples = await read(store, spec, 'preference', (row) => preferenceExample(tokenizer, row));
      return { kind: 'preference', examples };
    }
    case 'rewardModel': {
      const settings = objective.value;
      const examples = await read(store, spec, 'reward', (row) => rewardExample(tokenizer, row, settings));
      return { kind: 'reward', examples };
    }
    default: {
      const examples = await read(store, spec, 'supervised', (row) => supervisedExample(tokenizer, row));
      return { kind: 'supervised', examples };
    }
  }
}

type RowOf<Kind extends RowKind> = Extract<TrainingRow, { readonly kind: Kind }>['row'];

/** The examples of all rows: what a template does not take is named by its line too. */
async function read<Kind extends RowKind, Example>(
  store: ArtifactStore,
  spec: training.JobSpec,
  kind: Kind,
  encode: (row: RowOf<Kind>) => Example,
): Promise<Example[]> {
  const digest = spec.dataset?.digest ?? '';
  const chunks = store.open({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.jsonLines });
  const parse = (value: unknown): Example => encode(parseTrainingRow(kind, value).row as RowOf<Kind>);
  const examples: Example[] = [];
  for await (const { value } of readJsonLines(chunks, { name: 'dataset', parse })) examples.push(value);
  return examples;
}
