import { availableParallelism } from 'node:os';

/**
 * The setting of threads for a service that has this machine to itself while it computes: all processors, shared out among its
 * workers. What it computes has the same bits on any number of threads.
 * @param env where SIPF_THREADS set by hand wins
 * @param workers @default those of SIPF_WORKERS
 */
export function threadsByDefault(
  env: Readonly<Record<string, string | undefined>>,
  workers = Number(env['SIPF_WORKERS'] ?? 1),
): Readonly<Record<string, string>> {
  if (env['SIPF_THREADS'] !== undefined) return {};
  const shared = Math.floor(availableParallelism() / workers);
  return { SIPF_THREADS: String(shared >= 1 ? shared : 1) };
}
