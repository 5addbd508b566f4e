import { ENGINE_TAKES, type RunConfig } from '@sipf/contracts';
import { SipfError, type FieldViolation } from '@sipf/errors';
import { requireAskable } from '@sipf/outcomes';
import { parseExemplars, taskNamed, type PromptStyle } from '@sipf/tasks';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { OpenedData } from './opened.ts';
import type { Openings } from './openings.ts';
import { whyMissing } from './path-settings.ts';

/** Files that are right, and what is wrong with the others: the setting, the first wrong line and how many are wrong. */
export interface DataCheck {
  readonly opened: readonly OpenedData[];
  readonly faults: readonly FieldViolation[];
}

/** Reads every file of problems and examples as the run's first stage will. */
export async function checkData(config: RunConfig, { data }: Openings): Promise<DataCheck> {
  const results = await Promise.all(
    filesOf(config).map((file) => data.of([file.field, file.path, file.task], () => openFile(file))),
  );
  const opened = results.flatMap((result) => ('problems' in result ? [result] : []));
  const faults = results.flatMap((result) => ('description' in result ? [result] : []));
  return { opened, faults: [...faults, ...togetherFaults(config, opened)] };
}

/**
 * What is wrong with files that are right each for itself: the questions after the worked examples, the files of one data set.
 */
function togetherFaults(
  { task, evaluation, engines }: RunConfig,
  opened: readonly OpenedData[],
): FieldViolation[] {
  const [examples, test] = ['task.exemplars', 'task.test'].map((field) =>
    opened.find((data) => data.field === field),
  );
  const asked =
    examples?.style === undefined || test === undefined
      ? []
      : faultsIn('task.exemplars', () => {
          requireAskable(taskNamed(task.name), test.problems, {
            source: examples.file,
            style: examples.style ?? ZERO_SHOT,
            ...(engines?.policy.kind === 'openai' ? { mostStops: ENGINE_TAKES.openai.stopStrings } : {}),
          });
        });
  const sets = evaluation.outOfDomain.flatMap(({ name }, index) => {
    const field = `evaluation.outOfDomain.${index}.data`;
    const files = opened.filter((data) => data.field === field);
    if (files.length < 2) return [];
    const problems = files.flatMap((file) => file.problems);
    return faultsIn(field, () => {
      requireAskable(taskNamed(name), problems, { source: field, style: ZERO_SHOT });
    });
  });
  return [...asked, ...sets];
}

function faultsIn(field: string, check: () => void): FieldViolation[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof SipfError) return [{ field, description: error.message }];
    throw error;
  }
}

const ZERO_SHOT: PromptStyle = { kind: 'zero-shot' };

interface DataFile {
  readonly field: string;
  readonly path: string;
  readonly task: string;
  readonly parse: (text: string, name: string) => Pick<OpenedData, 'problems' | 'style'>;
}

function filesOf({ task, evaluation }: RunConfig): DataFile[] {
  const of = (field: string, path: string, name: string): DataFile => ({
    ...{ field, path, task: name },
    parse: (text, file) => {
      const problems = taskNamed(name).parseProblems(text, file);
      requireAskable(taskNamed(name), problems, { source: file, style: ZERO_SHOT });
      return { problems };
    },
  });
  const own = Object.entries(task).flatMap(([key, path]) => {
    if (typeof path !== 'string' || key === 'name') return [];
    return key === 'exemplars' ? exemplarsFile(path, task.name) : of(`task.${key}`, path, task.name);
  });
  const others = evaluation.outOfDomain.flatMap((set, index) =>
    set.name === 'harder'
      ? []
      : [set.data].flat().map((path) => of(`evaluation.outOfDomain.${index}.data`, path, set.name)),
  );
  return [...own, ...others];
}

function exemplarsFile(path: string, task: string): DataFile {
  const parse = (text: string): Pick<OpenedData, 'problems' | 'style'> => ({
    problems: [],
    style: parseExemplars(text, basename(path)),
  });
  return { field: 'task.exemplars', path, task, parse };
}

async function openFile({ field, path, task, parse }: DataFile): Promise<OpenedData | FieldViolation> {
  const missing = await whyMissing(path, 'file');
  if (missing !== undefined) return { field, description: missing };
  try {
    const bytes = await readFile(path);
    const text = (path.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('utf8');
    return { field, file: basename(path), task, lines: filledLines(text), ...parse(text, basename(path)) };
  } catch (error) {
    if (error instanceof SipfError) return { field, description: error.message };
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return { field, description: `${path} cannot be read: ${code}` };
  }
}

function filledLines(text: string): number[] {
  return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [index + 1]));
}
