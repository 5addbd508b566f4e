import { canonicalBytes, digestBytes } from '@sipf/artifacts';
import type { RunConfig } from '@sipf/contracts';
import type { DataSource } from '@sipf/runs';
import { taskNamed, type Problem } from '@sipf/tasks';
import { basename } from 'node:path';
import { readDatasetText } from './dataset-text.ts';

/** Published data sets by the digest of their problems, in the published order; whatever file holds them. */
const PUBLISHED: Readonly<Record<string, string>> = {
  'sha256:0a01b06a4f67a8617b56e9347ba0f337a8f53f41c3a0b77adaf66ceac2a4b2a5': 'GSM8K (train)',
  'sha256:d198c05b9a6ecf9c6c977a9b395a2745bc4f365a04e7fc96baf222122b62a50c': 'GSM8K (test)',
  'sha256:4799de8a687fc1d7dd04581d5f636632455166f36546db652b207e3ea76c6810': 'MBPP',
  'sha256:8ed850812a3a2b25cc33537c46daf43f5dbe13ffb94ca52de5b2dbad2b6d06b8': 'HumanEval',
  'sha256:7b6eb22c7b78f94a206f9525c5abcafdcb3d2c82075e85903b67d57ac19bacea':
    'MMLU (college mathematics, test)',
  'sha256:7d660a3c2f512ef8e4a7f5e09ecf0ed3f03f7ec6d585adfc7cec2259b69e91a3':
    'MMLU (high-school mathematics, test)',
  'sha256:f429d1837ec4af91f6c5f195afd495a7768ea95e24a8d2342b7d17e036958ede':
    'MMLU (elementary mathematics, test)',
};

/** The output of the data stage that holds its sources, as records. */
export const SOURCES = 'sources';

/**
 * What the files of a run hold; none for a task that makes its problems.
 * @throws SipfError as readDatasetText and parseProblems
 */
export async function dataSources({ task, evaluation }: RunConfig): Promise<DataSource[]> {
  const own =
    'train' in task ? { train: task.train, test: task.test } : 'data' in task ? { data: task.data } : {};
  const files = Object.entries(own).map(([split, path]) => ({
    ...{ split, path, task: task.name, field: `task.${split}` },
  }));
  const others = evaluation.outOfDomain.flatMap((set, index) => {
    if (set.name === 'harder') return [];
    const field = `evaluation.outOfDomain.${index}.data`;
    return [set.data].flat().map((path) => ({ split: set.name, path, task: set.name, field }));
  });
  return await Promise.all([...files, ...others].map(sourceOf));
}

interface DataFile {
  readonly split: string;
  readonly path: string;
  readonly task: string;
  /** The setting that names it. */
  readonly field: string;
}

async function sourceOf({ split, path, task, field }: DataFile): Promise<DataSource> {
  const problems = taskNamed(task).parseProblems(await readDatasetText(path, field), basename(path));
  const digest = digestBytes(canonicalBytes(problems.map(contentOf)));
  const published = PUBLISHED[digest];
  return { split, file: basename(path), digest, ...(published === undefined ? {} : { published }) };
}

function contentOf({ question, answer, solution = '' }: Problem): readonly string[] {
  return [question, answer, solution];
}
