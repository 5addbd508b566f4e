import { Endpoint, parseServers, type Servers } from '@sipf/openai';
import { createRng } from '@sipf/random';
import { count, milliseconds, rereadFile, wrongSettings, type Logger } from '@sipf/service';
import { randomUUID } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { FoundModel } from '../model-finder.ts';
import { backendFailures } from './backend-failures.ts';
import type { RestartHook } from './restart-hook.ts';
import type { WeightsMode } from './server-weights.ts';

/** Where servers of models are, and how patient their client is. */
export const connectionShape = {
  backendUrl: z
    .string()
    .refine(
      (text) => parseServers(text, Date.now) !== undefined,
      'must be URLs by commas, or dns:///host:port',
    )
    .meta({ value: 'urls' })
    .optional()
    .describe(
      'Servers up to and without /completions, by commas, e.g. ' +
        'http://vllm:8000/v1; or dns:///host:port, all addresses of a name.',
    ),
  backendKeyFile: z
    .string()
    .meta({ value: 'file' })
    .optional()
    .describe('File whose first line is the key to send it.'),
  backendModel: z
    .string()
    .min(1)
    .optional()
    .describe("The server's name of the folder that --model names; by default its digest."),
  backendConcurrency: count.default(64).describe('Requests under way at the same time.'),
  backendTimeoutMs: milliseconds.default(600_000).describe('Longest wait for one answer, in milliseconds.'),
  backendAttempts: count.default(6).describe('Attempts at one answer.'),
  backendHook: z
    .string()
    .min(1)
    .meta({ value: 'program' })
    .optional()
    .describe(
      'Program that has the servers started with another model, called with ' +
        'its folder and its digest, which must be their name of it (deploy/vllm).',
    ),
  backendHookTimeoutMs: milliseconds
    .default(1_200_000)
    .describe('Longest start by --backend-hook, in milliseconds.'),
} as const;

/** Those of {@link connectionShape}, whose `--backend` they go with, and the default model's folder. */
type ConnectionSettings = z.infer<z.ZodObject<typeof connectionShape>> & {
  readonly backend: string;
  /** @default 'fixed' */
  readonly backendWeights?: WeightsMode;
  readonly model?: string | undefined;
};

/** Servers that hold models. */
export interface Connection {
  readonly endpoint: Endpoint;
  readonly servers: Servers;
  /** The servers' hosts, for people. */
  readonly host: string;
  /** The folder of the default model, as it was set, and the server's name of it. */
  readonly own: { readonly folder: string | undefined; readonly name: string | undefined };
  /** Whether the servers keep the weights that they started with, or get those that are asked for. */
  readonly weights: WeightsMode;
  /** What has them started anew with a model that they lack; undefined where that is nobody's. */
  readonly hook: RestartHook | undefined;
  /** Requests under way at the same time. */
  readonly concurrency: number;
  readonly logger: Logger;
}

/** Largest answer with one sample; 65,536 tokens with their log-probabilities take a few. */
const MAX_BYTES = 64 * 1024 ** 2;

/**
 * The servers of the settings.
 * @throws SipfError invalid-argument SETTINGS_INVALID; failed-precondition for a key's file that cannot be read
 */
export function connectionOf(settings: ConnectionSettings, logger: Logger): Connection {
  const { backend, backendUrl, backendKeyFile, backendModel: name, model: folder } = settings;
  const servers = backendUrl === undefined ? undefined : parseServers(backendUrl, Date.now);
  if (servers === undefined) {
    throw wrongSettings([{ field: '--backend-url', description: `is required by --backend ${backend}` }]);
  }
  checkName(settings);
  const endpoint = new Endpoint({
    servers,
    key: keyOf(backendKeyFile, logger),
    timeoutMs: settings.backendTimeoutMs,
    attempts: settings.backendAttempts,
    maxBytes: MAX_BYTES,
    // Only the time between attempts is drawn from it, and replicas must not come back together.
    rng: createRng(randomUUID()),
    now: Date.now,
    failures: backendFailures(servers.name),
  });
  const { backendConcurrency: concurrency, backendWeights: weights = 'fixed' } = settings;
  return {
    ...{ endpoint, servers, host: servers.name, own: { folder, name }, weights },
    ...{ hook: hookOf(settings), concurrency, logger },
  };
}

/** @throws SipfError invalid-argument SETTINGS_INVALID for a program that cannot be called */
function hookOf({ backendHook, backendHookTimeoutMs }: ConnectionSettings): RestartHook | undefined {
  if (backendHook === undefined) return undefined;
  const program = resolve(backendHook);
  try {
    accessSync(program, constants.X_OK);
  } catch {
    const description = `${program} is no program that this user may run (chmod +x)`;
    throw wrongSettings([{ field: '--backend-hook', description }]);
  }
  return { program, timeoutMs: backendHookTimeoutMs };
}

function checkName({
  backendModel: name,
  backendWeights = 'fixed',
  backendHook: hook,
  model: folder,
}: ConnectionSettings): void {
  const wrong = (description: string) => wrongSettings([{ field: '--backend-model', description }]);
  if (hook !== undefined && name !== undefined)
    throw wrong('must not be there beside --backend-hook: servers that it starts name a model by its digest');
  if (hook !== undefined && backendWeights === 'reload')
    throw wrongSettings([
      {
        field: '--backend-hook',
        description: 'is for --backend-weights fixed: reload starts no server anew',
      },
    ]);
  if (backendWeights === 'reload' && name === undefined)
    throw wrong(
      'is required by --backend-weights reload: the name under which the server serves any weights',
    );
  if (backendWeights === 'fixed' && name !== undefined && folder === undefined)
    throw wrong('is a name of what --model names');
}

/**
 * The servers' name of a model: its digest, but for the default one where that has another name there; replaced weights have one
 * name.
 */
export function nameOnServer(
  { folder, ref }: Pick<FoundModel, 'folder' | 'ref'>,
  { own, weights }: Pick<Connection, 'own' | 'weights'>,
): string {
  return weights === 'reload' || folder === own.folder ? (own.name ?? ref.digest) : ref.digest;
}

function keyOf(path: string | undefined, logger: Logger): () => string | undefined {
  if (path === undefined) return () => undefined;
  const file = rereadFile(path, {
    parse: (text) => text.split('\n', 1)[0]?.trim() ?? '',
    onError: (err) => {
      logger.warn({ err }, 'the key of the backend cannot be read again; the one before stays in use');
    },
  });
  return () => file.current();
}
