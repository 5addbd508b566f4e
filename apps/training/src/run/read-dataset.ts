import { MEDIA_TYPES, readJsonLines, wrongLine, type ArtifactStore } from '@sipf/artifacts';
import type { training } from '@sipf/contracts';
import { fromWireError, SipfError } from '@sipf/errors';
import type { TrainingDataset } from '@sipf/learning';
import type { AsyncTokenizer } from '@sipf/models';
import { task, type ReadRow, type RowsFormat } from './example-task.ts';

interface ReadOptions {
  readonly spec: training.JobSpec;
  readonly tokenizer: AsyncTokenizer;
}

/** A job's rows as tokens, and the number of rows that the tokenizer cannot read. */
interface ReadDataset {
  readonly dataset: TrainingDataset;
  readonly unreadable: number;
}

/** Rows are read together up to this many characters: a message to a thread costs as much as reading several. */
const TOGETHER = 1 << 15;

/**
 * Reads and encodes the dataset of a job; drops the rows that the tokenizer cannot read where the job allows it.
 * @throws SipfError `invalid-argument` naming the line and the field of the first wrong row; as the store's `open` and
 * AsyncTokenizer.run
 */
export async function readDataset(
  store: ArtifactStore,
  { spec, tokenizer }: ReadOptions,
): Promise<ReadDataset> {
  const format = formatOf(spec);
  const examples: unknown[] = [];
  let unreadable = 0;
  for await (const { line, values, size } of groupsOf(store, spec)) {
    const rows = await tokenizer.run(task, { ...format, values }, size);
    for (const [at, row] of rows.entries()) {
      const fault = faultOf(row, `dataset:${line[at] ?? 0}`);
      if (fault === undefined) examples.push(row.example);
      else if (spec.dropUnreadableRows && isUnreadable(fault.cause)) unreadable++;
      else throw fault;
    }
  }
  return { dataset: { kind: format.kind, examples } as TrainingDataset, unreadable };
}

function formatOf({ objective, chatDay: day }: training.JobSpec): RowsFormat {
  if (objective?.$case === 'preference') return { kind: 'preference', day };
  if (objective?.$case !== 'rewardModel') return { kind: 'supervised', day };
  const { promptTemplate, softLabels, outcomeOnly } = objective.value;
  return { kind: 'reward', settings: { promptTemplate, softLabels, outcomeOnly }, day };
}

interface RowGroup {
  /** The line of every row in the dataset, from 1. */
  readonly line: readonly number[];
  readonly values: readonly unknown[];
  /** In characters. */
  readonly size: number;
}

/** A line that is not JSON is reported after the rows before it are read, so that the first fault in the file is named. */
async function* groupsOf(store: ArtifactStore, spec: training.JobSpec): AsyncGenerator<RowGroup> {
  const digest = spec.dataset?.digest ?? '';
  const chunks = store.open({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.jsonLines });
  let group = { line: [] as number[], values: [] as unknown[], size: 0 };
  let failure: { readonly cause: unknown } | undefined;
  const lines = readJsonLines(chunks, { name: 'dataset', parse: (value) => value });
  const next = () =>
    lines.next().catch((cause: unknown) => {
      failure = { cause };
      return { done: true, value: undefined } as const;
    });
  for (let read = await next(); read.done !== true; read = await next()) {
    const { line, value } = read.value;
    group.line.push(line);
    group.values.push(value);
    group.size += JSON.stringify(value).length;
    if (group.size < TOGETHER) continue;
    yield group;
    group = { line: [], values: [], size: 0 };
  }
  if (group.values.length > 0) yield group;
  if (failure !== undefined) throw failure.cause;
}

function faultOf({ fault }: ReadRow, location: string): SipfError | undefined {
  return fault === undefined ? undefined : wrongLine(location, fromWireError(fault));
}

function isUnreadable(cause: unknown): boolean {
  return cause instanceof SipfError && cause.reason === 'TEXT_NOT_ENCODABLE';
}
