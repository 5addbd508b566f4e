import { createRng } from '@sipf/random';
import { count, milliseconds, rereadFile, wrongSettings, type Logger } from '@sipf/service';
import { createEndpoint, parseServers, type Endpoint, type Servers } from '@sipf/openai';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { servingShape } from '../serving-settings.ts';
import { backendFailures } from './backend-failures.ts';

/** The settings of a service whose models write: those of {@link servingShape}, and where the writing is done. */
export const generatorShape = {
  ...servingShape,
  backend: z
    .enum(['engine', 'openai'])
    .default('engine')
    .describe("engine: in this process; openai: by a server that speaks OpenAI's completions."),
  backendUrl: z
    .string()
    .refine(
      (text) => parseServers(text, Date.now) !== undefined,
      'must be URLs by commas, or dns:///host:port',
    )
    .meta({ value: 'urls' })
    .optional()
    .describe(
      'Servers up to and without /completions, by commas, e.g. http://vllm:8000/v1; or dns:///host:port, all addresses of a name.',
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
  backendDialect: z
    .enum(['vllm', 'openai'])
    .default('vllm')
    .describe("vllm: with vLLM's fields beside OpenAI's; openai: without them."),
  backendPrompt: z.enum(['tokens', 'text']).default('tokens').describe('What a prompt is sent as.'),
  backendAdapter: z
    .enum(['folder', 'digest'])
    .default('folder')
    .describe('What the server finds an adapter by: its folder, on storage that both see, or its digest.'),
  backendConcurrency: count.default(64).describe('Samples that are asked for at the same time.'),
  backendTimeoutMs: milliseconds.default(600_000).describe('Longest wait for one sample, in milliseconds.'),
  backendAttempts: count.default(6).describe('Attempts at one sample.'),
} as const;

/** The parsed form of {@link generatorShape}. */
export type GeneratorSettings = z.infer<z.ZodObject<typeof generatorShape>>;

/** A server that writes, and how it is spoken to. */
export interface Backend {
  readonly endpoint: Endpoint;
  readonly servers: Servers;
  /** The servers' hosts, for people. */
  readonly host: string;
  /** The folder of the default model, as it was set, and the server's name of it. */
  readonly own: { readonly folder: string | undefined; readonly name: string | undefined };
  readonly dialect: GeneratorSettings['backendDialect'];
  readonly prompt: GeneratorSettings['backendPrompt'];
  readonly adapter: GeneratorSettings['backendAdapter'];
  readonly concurrency: number;
}

/** Largest answer with one sample; 65,536 tokens with their log-probabilities take a few. */
const MAX_BYTES = 64 * 1024 ** 2;

/**
 * The server of the settings; undefined where this process is to write itself.
 * @throws SipfError invalid-argument SETTINGS_INVALID; failed-precondition for a key's file that cannot be read
 */
export function backendOf(settings: GeneratorSettings, logger: Logger): Backend | undefined {
  if (settings.backend === 'engine') return undefined;
  const { backendUrl, backendKeyFile, backendModel: name, model: folder } = settings;
  const servers = backendUrl === undefined ? undefined : parseServers(backendUrl, Date.now);
  if (servers === undefined) {
    throw wrongSettings([{ field: '--backend-url', description: 'is required by --backend openai' }]);
  }
  if (name !== undefined && folder === undefined) {
    throw wrongSettings([{ field: '--backend-model', description: 'is a name of what --model names' }]);
  }
  const endpoint = createEndpoint({
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
  return {
    endpoint,
    servers,
    host: servers.name,
    own: { folder, name },
    dialect: settings.backendDialect,
    prompt: settings.backendPrompt,
    adapter: settings.backendAdapter,
    concurrency: settings.backendConcurrency,
  };
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
