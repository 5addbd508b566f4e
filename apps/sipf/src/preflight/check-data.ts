import type { RunConfig } from '@sipf/contracts';
import { SipfError, type FieldViolation } from '@sipf/errors';
import { parseExemplars, taskNamed, type Problem } from '@sipf/tasks';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** A file of problems that a run will read. */
export interface OpenedData {
  /** The setting that names it, e.g. `task.train`. */
  readonly field: string;
  readonly file: string;
  readonly problems: readonly Problem[];
}

/** Files that are right, and what is wrong with the others: the setting, the first wrong line and how many are wrong. */
export interface DataCheck {
  readonly opened: readonly OpenedData[];
  readonly faults: readonly FieldViolation[];
}

/** Reads every file of problems and examples as the run's first stage will. */
export async function checkData(config: RunConfig): Promise<DataCheck> {
  const results = await Promise.all(filesOf(config).map(openFile));
  return {
    opened: results.flatMap((result) => ('problems' in result ? [result] : [])),
    faults: results.flatMap((result) => ('description' in result ? [result] : [])),
  };
}

interface DataFile {
  readonly field: string;
  readonly path: string;
  readonly parse: (text: string, name: string) => readonly Problem[];
}

function filesOf({ task, evaluation }: RunConfig): DataFile[] {
  const of = (field: string, path: string, name: string): DataFile => ({
    ...{ field, path },
    parse: (text, file) => taskNamed(name).parseProblems(text, file),
  });
  const own = Object.entries(task).flatMap(([key, path]) => {
    if (typeof path !== 'string' || key === 'name') return [];
    return key === 'exemplars' ? exemplarsFile(path) : of(`task.${key}`, path, task.name);
  });
  const others = evaluation.outOfDomain.flatMap((set, index) =>
    set.name === 'harder'
      ? []
      : [set.data].flat().map((path) => of(`evaluation.outOfDomain.${index}.data`, path, set.name)),
  );
  return [...own, ...others];
}

function exemplarsFile(path: string): DataFile {
  const parse = (text: string): readonly Problem[] => {
    parseExemplars(text, basename(path));
    return [];
  };
  return { field: 'task.exemplars', path, parse };
}

async function openFile({ field, path, parse }: DataFile): Promise<OpenedData | FieldViolation> {
  try {
    const bytes = await readFile(path);
    const text = (path.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('utf8');
    return { field, file: basename(path), problems: parse(text, basename(path)) };
  } catch (error) {
    if (error instanceof SipfError) return { field, description: error.message };
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return { field, description: `${path} cannot be read: ${code}` };
  }
}
