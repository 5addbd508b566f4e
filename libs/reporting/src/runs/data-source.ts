import type { RunConfig } from '@sipf/contracts';
import type { DataSource } from '@sipf/runs';
import { basename } from 'node:path/posix';

/** The published data sets whose forms problems may have, by the names that configurations use. */
const FORMS: Readonly<Record<string, string>> = {
  gsm8k: 'GSM8K',
  mbpp: 'MBPP',
  humaneval: 'HumanEval',
  'mmlu-math': 'MMLU',
};

/**
 * What a run's problems are called in public: a published data set by its name, and anything else as data of one's own.
 * @param sources undefined for a run that does not record the contents of its files
 */
export function dataTitle({ task }: RunConfig, sources: readonly DataSource[] | undefined): string {
  const files = 'train' in task ? [task.train, task.test] : 'data' in task ? [task.data] : [];
  if (files.length === 0) return task.name;
  if (sources === undefined) {
    return `data in ${formOf(task.name)}'s form: ${files.map((file) => basename(file)).join(', ')}`;
  }
  const own = sources.filter(({ split }) => FORMS[split] === undefined);
  if (own.every(isPublished)) return task.name;
  return own.map((source) => titleOf(source, task.name)).join(' and ');
}

/** The same of one of a run's test sets; undefined for the task's own. */
export function testSetTitle(
  config: RunConfig,
  testSet: string | undefined,
  sources: readonly DataSource[] | undefined,
): string {
  if (testSet === undefined) return dataTitle(config, sources);
  if (FORMS[testSet] === undefined) return testSet;
  const files = sources?.filter(({ split }) => split === testSet) ?? [];
  if (files.length > 0 && files.every(isPublished)) return testSet;
  return files.length === 0
    ? `data in ${formOf(testSet)}'s form`
    : files.map((file) => titleOf(file, testSet)).join(' and ');
}

/** Whether all that a run learnt from is published, or made by the task. */
export function isPublishedData(config: RunConfig, sources: readonly DataSource[] | undefined): boolean {
  return dataTitle(config, sources) === config.task.name;
}

function isPublished({ published }: DataSource): boolean {
  return published !== undefined;
}

function titleOf({ file, digest, published }: DataSource, name: string): string {
  return (
    published ?? `own data in ${formOf(name)}'s form (${file}, ${digest.slice(0, 'sha256:'.length + 12)})`
  );
}

function formOf(name: string): string {
  return FORMS[name] ?? name;
}
