import { SipfError } from '@sipf/errors';
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { layoutIn } from '../folder/run-layout.ts';

/** What a run's folder has only after the first entry of its log; an experiment's folder and a copied run have neither. */
const LATER = ['events', 'stages'] as const;

/** Whether a run began here, whatever became of its log; asked before the log is read, as a run may begin meanwhile. */
export function hasBegun(folder: string): boolean {
  const layout = layoutIn(folder);
  return LATER.some((name) => existsSync(layout[name]));
}

/** The error for a log that holds nothing, of a run that began. */
export function lostLog(folder: string): SipfError {
  const { log } = layoutIn(folder);
  const id = basename(resolve(folder));
  const why = existsSync(log) ? 'is empty' : 'is missing';
  const message =
    `${id}/log.jsonl ${why}, and the run had begun: restore it from a copy. Without one nothing says what the ` +
    `run did; \`sipf run --config ${id}/config.json\` with another --run-id does it anew, and then the folder may be deleted`;
  return new SipfError('data-loss', message, {
    reason: 'LOG_CORRUPT',
    violations: [{ field: `${id}/log.jsonl`, description: why }],
  });
}
