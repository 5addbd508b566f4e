import { SipfError } from '@sipf/errors';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const SCRIPT = fileURLToPath(new URL('../../../apps/training/trl/versions.py', import.meta.url));
/** The script imports no package, so that it ends at once but on a starved machine. */
const LIMIT_MS = 60_000;

const answer = z.object({
  found: z.record(z.string(), z.string()),
  known: z.record(z.string(), z.string()),
});

/** A trainer's packages by name. */
export interface TrainerVersions {
  /** Empty for one that is not installed. */
  readonly versions: Readonly<Record<string, string>>;
  /** Those that the trainer is tested with. */
  readonly knownVersions: Readonly<Record<string, string>>;
}

/** Asks a Python for its packages. @throws SipfError failed-precondition TRAINER_FAILED where it cannot be asked */
export async function findVersions(python: string): Promise<TrainerVersions> {
  try {
    const { stdout } = await promisify(execFile)(python, [SCRIPT], { timeout: LIMIT_MS });
    const { found, known } = answer.parse(JSON.parse(stdout));
    return { versions: found, knownVersions: known };
  } catch (cause) {
    const message = `${python} does not say which packages it has: let it be a Python 3.11 or later`;
    throw new SipfError('failed-precondition', message, { reason: 'TRAINER_FAILED', cause });
  }
}
