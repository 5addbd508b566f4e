import type { DestinationStream } from 'pino';
import type { ClientOptions } from '../client/client-options.ts';
import { createClient, type ServiceClient } from '../client/create-client.ts';
import { createLogger } from '../observe/logger.ts';
import {
  createService,
  type BoundAddresses,
  type Service,
  type ServiceOptions,
} from '../server/create-service.ts';
import { implement, type ServiceHandlers } from '../server/handlers.ts';
import { serviceSettings, type ServiceSettings } from '../server/service-settings.ts';
import { EchoServiceDefinition } from './echo-service.ts';

export type EchoHandlers = ServiceHandlers<typeof EchoServiceDefinition>;

/** A running echo service and its state for tests. */
export interface RunningEcho extends BoundAddresses {
  readonly service: Service;
  readonly client: ServiceClient<typeof EchoServiceDefinition>;
  /** Every log line so far, parsed. */
  readonly logs: Record<string, unknown>[];
  readonly stop: () => Promise<void>;
}

/** Handlers that return their request, with some replaced. */
export function echoHandlers(overrides: Partial<EchoHandlers> = {}): EchoHandlers {
  return {
    unary: (request) => Promise.resolve(request),
    idempotent: (request) => Promise.resolve(request),
    async *serverStream(request) {
      yield await Promise.resolve(request);
      yield request;
    },
    async clientStream(requests) {
      const texts: string[] = [];
      for await (const { mediaType } of requests) texts.push(mediaType);
      return { mediaType: texts.join('+') };
    },
    async *bidiStream(requests) {
      yield* requests;
    },
    ...overrides,
  };
}

/** Starts the echo service on a free port of loopback, with a client of it. */
export async function startEcho(
  options: {
    readonly handlers?: Partial<EchoHandlers>;
    /** @default EchoServiceDefinition */
    readonly definition?: typeof EchoServiceDefinition;
    readonly settings?: Partial<ServiceSettings>;
    readonly client?: ClientOptions;
    readonly service?: Partial<Pick<ServiceOptions, 'validator' | 'close'>>;
  } = {},
): Promise<RunningEcho> {
  const logs: Record<string, unknown>[] = [];
  const service = createService({
    name: 'echo',
    implementations: [implement(options.definition ?? EchoServiceDefinition, echoHandlers(options.handlers))],
    settings: serviceSettings({ drainMs: 200, ...options.settings }),
    logger: createLogger({ service: 'echo', level: 'debug', destination: collectInto(logs) }),
    ...options.service,
  });
  const bound = await service.start();
  const client = createClient(EchoServiceDefinition, bound.address, options.client);
  const stop = async (): Promise<void> => {
    client.close();
    await service.stop();
  };
  return { ...bound, service, client, logs, stop };
}

function collectInto(logs: Record<string, unknown>[]): DestinationStream {
  return {
    write(line) {
      logs.push(JSON.parse(line) as Record<string, unknown>);
    },
  };
}
