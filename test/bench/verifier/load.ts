import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startProgram } from '../../support/start-program.ts';
import { table } from '../support/table.ts';
import { quantile, type ClientsOptions, type Seen } from './clients.ts';
import { watched } from './service-watch.ts';

const CLIENTS = fileURLToPath(new URL('./clients-process.ts', import.meta.url));
/** The service takes 64 calls at once; the last is twice that. */
const NUMBERS = [1, 8, 64, 128];
const HEAD = [
  ...['clients', 'paths/s', 'p50 ms', 'p95 ms', 'p99 ms', 'refused', 'failed'],
  ...['loop p99 ms', 'loop max ms', 'health p99 ms', 'service cores', 'clients cores', 'MiB'],
];

/** Paths a second and latency by number of clients, a path a call, and how the service's main thread fares meanwhile. */
export async function measureLoad(flags: readonly string[], seconds: number): Promise<unknown> {
  await using program = await startProgram('verification', flags);
  await clientsApart({ address: program.address, clients: 4, seconds: 2 });
  const rows = [];
  for (const clients of NUMBERS) {
    const work = clientsApart({ address: program.address, clients, seconds });
    const [{ latencies, ...seen }, service] = await watched(program, work);
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(latencies, share));
    rows.push({ ...seen, p50, p95, p99, ...service });
  }
  const cells = rows.map((row) => [
    ...[String(row.clients), row.pathsPerSecond.toFixed(1)],
    ...[row.p50, row.p95, row.p99].map((ms) => (ms ?? NaN).toFixed(0)),
    ...[row.refused, row.failures.length].map(String),
    ...[row.loopP99Ms, row.loopMaxMs, row.healthP99Ms].map((ms) => ms.toFixed(0)),
    ...[row.cores, row.clientCores].map((cores) => cores.toFixed(2)),
    row.residentMiB.toFixed(0),
  ]);
  process.stdout.write(`${table(HEAD, cells)}\n`);
  return rows;
}

/** The clients' process: what they saw, and its processor seconds per second. */
export async function clientsApart(
  options: ClientsOptions,
): Promise<Seen & { readonly clientCores: number }> {
  const child = spawn(process.execPath, [CLIENTS, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (child.exitCode !== 0) throw new Error(`the clients ended with ${String(child.exitCode)}`);
  return JSON.parse(output) as Seen & { readonly clientCores: number };
}
