import { withoutCredentials } from '@sipf/errors';
import { pino, type DestinationStream, type Logger } from 'pino';
import { plainLines } from './plain-lines.ts';
import { currentRequestContext } from './request-context.ts';

export type { Logger };

/** Names whose values never reach a log, at any of the three outer levels of a line's object. */
const SECRETS = ['password', 'secret', 'token', 'apiKey', 'authorization', 'privateKey', 'credentials'];

/** The level of logging. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/**
 * A structured logger: JSON lines on stderr (plain lines when stderr is a terminal), with the run id, iteration
 * and trace id of the current call in every line, secrets replaced by `[redacted]`, and credentials removed from addresses.
 */
export function createLogger(options: {
  readonly service: string;
  /** @default 'info' */
  readonly level?: LogLevel;
  /** Where lines go instead of stderr. */
  readonly destination?: DestinationStream;
}): Logger {
  const { service, level = 'info', destination = defaultDestination() } = options;
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ ...currentRequestContext() }),
      hooks: { streamWrite: withoutCredentials },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    },
    destination,
  );
}

/** Most bytes of lines that wait to be written; later ones are dropped. */
const MAX_KEPT = 1024 * 1024;

function defaultDestination(): DestinationStream {
  return process.stderr.isTTY ? plainLines(process.stderr) : patientLines(2);
}

/** Writes lines to a file descriptor. A full disk must not fail the logged work: a line is retried with the next one. */
export function patientLines(descriptor: number): DestinationStream {
  const lines = pino.destination({ dest: descriptor, sync: true, maxLength: MAX_KEPT });
  lines.on('error', () => undefined);
  return lines;
}
