import { bounded, BOUNDS } from '@sipf/contracts';
import { z } from 'zod';
import { isManyServers, isServerTarget } from '../client/server-target.ts';

/** Text, with its placeholder in a help text. */
export function text(value: string): z.ZodString {
  return z.string().min(1, 'must not be empty').meta({ value });
}

/** A count, at least one. */
export const count = bounded(BOUNDS.count);
export const seconds = bounded(BOUNDS.seconds).meta({ value: 'seconds' });
export const milliseconds = bounded(BOUNDS.timeoutMs).meta({ value: 'ms' });
/** A file, or `-` for a standard stream. */
export const file = z
  .string()
  .min(1, 'must name a file, or - for the standard stream')
  .meta({ value: 'file' });
export const folder = z.string().min(1, 'must name a folder').meta({ value: 'folder' });
/** `host:port`. */
export const address = text('host:port').refine(
  (value) => !isManyServers(value) && isServerTarget(value),
  'must be host:port, e.g. 127.0.0.1:9090',
);
/** What a service calls: `host:port`, or all the servers of a name. */
export const peerAddress = text('host:port').refine(
  isServerTarget,
  'must be host:port, or dns:///name:port for all servers of a name',
);
