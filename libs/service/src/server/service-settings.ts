import type { LogLevel } from '../observe/logger.ts';
import type { ServerTls } from './tls.ts';

/** Settings that every service has. */
export interface ServiceSettings {
  /** `host:port` to listen on; port 0 takes a free one. @default '127.0.0.1:0' */
  readonly address: string;
  /** `host:port` of `/metrics` and `/healthz`, or `off`. @default '127.0.0.1:0' */
  readonly metricsAddress: string;
  readonly tls: ServerTls | undefined;
  /** JSON file of hashed tokens and their scopes; with it every call except health needs one. */
  readonly tokensFile: string | undefined;
  /** Listen beyond this machine without TLS, or to unidentified callers. @default false */
  readonly allowInsecure: boolean;
  /** Largest request message. @default 4 MiB */
  readonly maxRequestBytes: number;
  /** Calls handled at once. @default 256 */
  readonly maxConcurrentCalls: number;
  /** Calls of one caller handled at once. @default no limit but that of all */
  readonly maxCallsPerCaller?: number | undefined;
  /** Longest call of a caller that sets no deadline. @default 1 hour */
  readonly maxCallMs: number;
  /** How long a caller may neither send nor read while it is its turn. @default 5 minutes */
  readonly maxSilentMs: number;
  /** Time for calls in flight when the service stops. @default 10 s */
  readonly drainMs: number;
  /** @default 'info' */
  readonly logLevel: LogLevel;
}

/** The defaults of {@link ServiceSettings}, with some replaced. */
export function serviceSettings(overrides: Partial<ServiceSettings> = {}): ServiceSettings {
  return {
    address: '127.0.0.1:0',
    metricsAddress: '127.0.0.1:0',
    tls: undefined,
    tokensFile: undefined,
    allowInsecure: false,
    maxRequestBytes: 4 * 1024 * 1024,
    maxConcurrentCalls: 256,
    maxCallMs: 3_600_000,
    maxSilentMs: 300_000,
    drainMs: 10_000,
    logLevel: 'info',
    ...overrides,
  };
}
