import { z } from 'zod';
import type { ServiceSettings } from '../server/service-settings.ts';
import { wrongSettings } from './parse-settings.ts';

const count = z.coerce.number().int().min(1);

/** The settings of every service as text fields; spread it into a service's own schema. */
export const serviceShape = {
  address: z.string().default('127.0.0.1:0'),
  metricsAddress: z.string().default('127.0.0.1:0'),
  tlsCertFile: z.string().optional(),
  tlsKeyFile: z.string().optional(),
  tlsCaFile: z.string().optional(),
  tlsRequireClientCert: z.stringbool().default(false),
  tokensFile: z.string().optional(),
  allowInsecure: z.stringbool().default(false),
  maxRequestBytes: count.default(4 * 1024 * 1024),
  maxConcurrentCalls: count.default(256),
  maxCallsPerCaller: count.optional(),
  maxCallMs: count.max(2 ** 31 - 1).default(3_600_000),
  drainMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(10_000),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Stop when standard input ends, so that no service outlives the process that started it. */
  exitWithParent: z.stringbool().default(false),
} as const;

/** The parsed form of {@link serviceShape}. */
export type ServiceFlags = z.infer<z.ZodObject<typeof serviceShape>>;

/** @throws SipfError `invalid-argument` when only half of a certificate's files are given. */
export function toServiceSettings(flags: ServiceFlags): ServiceSettings {
  const { address, metricsAddress, tokensFile, allowInsecure, maxRequestBytes } = flags;
  const { maxConcurrentCalls, maxCallsPerCaller, maxCallMs, drainMs, logLevel } = flags;
  const limits = { maxRequestBytes, maxConcurrentCalls, maxCallsPerCaller, maxCallMs, drainMs };
  return { address, metricsAddress, tokensFile, allowInsecure, logLevel, ...limits, tls: toServerTls(flags) };
}

function toServerTls(flags: ServiceFlags): ServiceSettings['tls'] {
  const { tlsCertFile: certFile, tlsKeyFile: keyFile, tlsCaFile: caFile } = flags;
  if (certFile !== undefined && keyFile !== undefined) {
    return { certFile, keyFile, caFile, requireClientCert: flags.tlsRequireClientCert };
  }
  if (
    certFile === undefined &&
    keyFile === undefined &&
    caFile === undefined &&
    !flags.tlsRequireClientCert
  ) {
    return undefined;
  }
  const field = '--tls-cert-file, --tls-key-file';
  throw wrongSettings([{ field, description: 'TLS needs both a certificate and its key' }]);
}
