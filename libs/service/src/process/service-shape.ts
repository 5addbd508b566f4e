import { bounded, BOUNDS } from '@sipf/contracts';
import { z } from 'zod';
import type { ServiceSettings } from '../server/service-settings.ts';
import { count, milliseconds } from './fields.ts';
import { wrongSettings } from './parse-settings.ts';

const address = z.string().meta({ value: 'host:port' });
const file = z.string().meta({ value: 'file' });

/** The settings of every service; spread it into a service's own schema. */
export const serviceShape = {
  address: address.default('127.0.0.1:0').describe('host:port to listen on; port 0 takes a free one.'),
  metricsAddress: address
    .default('127.0.0.1:0')
    .describe('host:port of /metrics and the health checks over HTTP.'),
  tlsCertFile: file.optional().describe('Serve over TLS with this certificate (PEM).'),
  tlsKeyFile: file.optional().describe('Its private key (PEM).'),
  tlsCaFile: file.optional().describe("Authority of clients' certificates (PEM)."),
  tlsRequireClientCert: z
    .boolean()
    .default(false)
    .describe('Refuse clients without a certificate: mutual TLS.'),
  tokensFile: file.optional().describe('File of the accepted bearer tokens, as sipf token create writes it.'),
  allowInsecure: z.boolean().default(false).describe('Listen beyond this machine without TLS or tokens.'),
  maxRequestBytes: count.default(4 * 1024 * 1024).describe('Largest request, in bytes.'),
  maxConcurrentCalls: count
    .default(256)
    .describe(
      'Calls at work at the same time, whatever they ask but Info and health, a stream as one while it has requests under way; ' +
        'of a further one is refused who has one already. Watches are bounded apart, by the same number.',
    ),
  maxCallsPerCaller: count.optional().describe('Calls of one caller open at the same time.'),
  maxCallMs: milliseconds.default(3_600_000).describe('Longest call, in milliseconds.'),
  maxSilentMs: milliseconds
    .default(300_000)
    .describe(
      'How long a caller may send nothing while nothing of it is under way, or not read its answers, in milliseconds: its call ' +
        'is ended then.',
    ),
  drainMs: bounded(BOUNDS.countOrNone)
    .default(10_000)
    .describe('How long open calls may take to end when the service is stopped, in milliseconds.'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Level of the log, written as lines of JSON to standard error.'),
  exitWithParent: z
    .boolean()
    .default(false)
    .describe('Stop when standard input ends, that is with the process that started the service.'),
} as const;

/** The parsed form of {@link serviceShape}. */
export type ServiceFlags = z.infer<z.ZodObject<typeof serviceShape>>;

/** @throws SipfError `invalid-argument` for a certificate without its key, or the reverse. */
export function toServiceSettings(flags: ServiceFlags): ServiceSettings {
  const { address, metricsAddress, tokensFile, allowInsecure, maxRequestBytes } = flags;
  const { maxConcurrentCalls, maxCallsPerCaller, maxCallMs, maxSilentMs, drainMs, logLevel } = flags;
  const limits = { maxRequestBytes, maxConcurrentCalls, maxCallsPerCaller, maxCallMs, maxSilentMs, drainMs };
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
