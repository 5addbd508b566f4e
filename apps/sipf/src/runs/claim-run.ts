import type { RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { runId, runLayout } from '@sipf/runs';
import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../usage-error.ts';

/** @throws SipfError `invalid-argument` for what cannot be a run's id */
export function checkRunId(id: string): string {
  if (runId.safeParse(id).success) return id;
  throw usageError(`"${id}" is not a run id: it must be 1 to 64 of a-z, 0-9 and -`);
}

/** `<method>-<task>-<seed>`. */
export function defaultRunId({ method, task, seed }: RunConfig): string {
  return `${method}-${task.name}-${seed}`;
}

/**
 * Makes the folder of a new run, so that nobody else takes its id.
 * @param wanted the id to take; where undefined, `base` or the first of `base-2`, `base-3`, ... that is free
 * @throws SipfError `already-exists` RUN_EXISTS for a wanted id whose run exists
 */
export async function claimRun(
  runs: string,
  { wanted, base }: { readonly wanted: string | undefined; readonly base: string },
): Promise<string> {
  await makeFolder(runs);
  if (wanted !== undefined) {
    checkRunId(wanted);
    if (existsSync(runLayout(runs, wanted).log)) throw runExists(wanted);
    const folder = join(runs, wanted);
    if (!(await makeNew(folder)) && !statSync(folder).isDirectory())
      throw cannotMake(`the run's folder ${folder}`, { code: 'EEXIST' });
    return wanted;
  }
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (await makeNew(join(runs, id))) return id;
  }
}

/** The id that {@link claimRun} would take; nothing is made. */
export function freeRunId(runs: string, base: string): string {
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!existsSync(join(runs, id))) return id;
  }
}

/** The error for an id that is taken. */
export function runExists(id: string): SipfError {
  return new SipfError(
    'already-exists',
    `run ${id} exists: resume it with \`sipf resume ${id}\`, or choose another --run-id`,
    { reason: 'RUN_EXISTS' },
  );
}

async function makeFolder(runs: string): Promise<void> {
  try {
    await mkdir(runs, { recursive: true });
  } catch (cause) {
    // A recursive call says of a read-only disk that the folder is not there; a plain one says why.
    const known = await mkdir(runs).catch((error: unknown) => error);
    throw cannotMake(`the folder of runs ${runs}`, known ?? cause);
  }
}

function cannotMake(what: string, cause: unknown): SipfError {
  const { code } = cause as NodeJS.ErrnoException;
  return usageError(`cannot make ${what} (${String(code)}): choose another by --runs`, { cause });
}

async function makeNew(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cannotMake(`the run's folder ${folder}`, error);
  }
}
