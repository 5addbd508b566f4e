import { SipfError } from '@sipf/errors';
import { z } from 'zod';
import { createLogger, type Logger } from '../observe/logger.ts';
import { startTracing } from '../observe/start-tracing.ts';
import type { Service } from '../server/create-service.ts';
import type { ServiceSettings } from '../server/service-settings.ts';
import { checkListening } from './check-listening.ts';
import { parseSettings } from './parse-settings.ts';
import { serviceShape, toServiceSettings, type ServiceFlags } from './service-shape.ts';
import { asksForHelp, usageOf } from './usage.ts';

/** Exit statuses, as sysexits.h names them. */
const EXIT = { usage: 64, unavailable: 69, software: 70, interrupted: 130 } as const;

/** The arguments of a service's main function. */
interface MainContext<Settings> {
  /** The service's own settings, and all of {@link serviceShape}. */
  readonly settings: Settings;
  /** For `createService`. */
  readonly serviceSettings: ServiceSettings;
  readonly logger: Logger;
  /** Aborts when the process must stop, also during start-up. */
  readonly signal: AbortSignal;
}

/** A program that runs one service. */
export interface ServiceProgram<Shape extends z.ZodRawShape> {
  readonly name: string;
  /** Its purpose in a sentence, for `--help`. */
  readonly summary: string;
  /** The service's own settings, each with a description. */
  readonly shape: Shape;
  /** Adapts the common settings to the service's own. @default unchanged */
  readonly refine?: (common: ServiceSettings, settings: z.infer<z.ZodObject<Shape>>) => ServiceSettings;
  /** Builds the service; the runner starts and stops it. */
  readonly main: (context: MainContext<z.infer<z.ZodObject<Shape>> & ServiceFlags>) => Promise<Service>;
}

/**
 * Runs a service until SIGTERM, SIGINT or (with `--exit-with-parent`) the end of standard input. When it listens, it
 * prints one line of JSON on standard output: `{"event":"listening","service","address","metrics"}`.
 * With `--help` it prints its settings and ends. Exit status: 0 stopped, 64 wrong settings, 69 could not start, 70 a bug.
 */
export async function runService<Shape extends z.ZodRawShape>(program: ServiceProgram<Shape>): Promise<void> {
  let logger = createLogger({ service: program.name });
  try {
    // A service's own settings come first, and may have other defaults than the shared ones.
    const shape = { ...program.shape, ...serviceShape, ...program.shape };
    const [argv, env] = [process.argv.slice(2), process.env];
    if (asksForHelp(argv)) return void process.stdout.write(usageOf({ ...program, shape }));
    const settings = parseSettings(z.object(shape), { argv, env }) as z.infer<z.ZodObject<Shape>> &
      ServiceFlags;
    logger = createLogger({ service: program.name, level: settings.logLevel });
    dieOnUncaught(logger);
    const signal = stopSignal(settings.exitWithParent, logger);
    const common = toServiceSettings(settings);
    const serviceSettings = program.refine?.(common, settings) ?? common;
    await checkListening(serviceSettings, { tokenList: common.tokensFile, logger });
    const endTracing = await startTracing({ name: program.name }, env);
    const service = await program.main({ settings, serviceSettings, logger, signal });
    await serve(service, { logger, signal });
    await endTracing();
    process.exit(0);
  } catch (error) {
    exitWith(error, logger);
  }
}

async function serve(
  service: Service,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<void> {
  try {
    if (signal.aborted) return;
    const { address, metricsAddress } = await service.start();
    const listening = { event: 'listening', service: service.name, address, metrics: metricsAddress ?? null };
    process.stdout.write(`${JSON.stringify(listening)}\n`);
    logger.info({ address, metrics: metricsAddress }, 'listening');
    await aborted(signal);
  } finally {
    logger.info('stopping');
    await service.stop();
    logger.info('stopped');
  }
}

function stopSignal(exitWithParent: boolean, logger: Logger): AbortSignal {
  const controller = new AbortController();
  const stop = (cause: string): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    logger.info({ cause }, 'stopping');
    controller.abort();
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, stop);
  if (exitWithParent) {
    process.stdin
      .on('end', () => {
        stop('end of standard input');
      })
      .on('error', () => {
        stop('broken standard input');
      });
    process.stdin.resume();
  }
  // A parent that no longer reads must not fail the service.
  process.stdout.on('error', () => undefined);
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}

function dieOnUncaught(logger: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error, event }, 'unexpected error, exiting');
      process.exit(EXIT.software);
    });
  }
}

function exitWith(error: unknown, logger: Logger): never {
  if (error instanceof SipfError) {
    logger.fatal({ reason: error.reason, violations: error.violations }, error.message);
    process.exit(error.reason === 'SETTINGS_INVALID' ? EXIT.usage : EXIT.unavailable);
  }
  logger.fatal({ err: error }, 'could not run');
  process.exit(EXIT.software);
}
