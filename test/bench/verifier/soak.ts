import { startProgram } from '../../support/start-program.ts';
import { table } from '../support/table.ts';
import { quantile } from './clients.ts';
import { clientsApart } from './load.ts';
import { watched } from './service-watch.ts';

const CLIENTS = 8;
const LOAD = 0.8;
const PEAK_SECONDS = 15;

/** So many minutes at 80 % of what the service can do: its memory a minute, and what failed. */
export async function soak(flags: readonly string[], minutes: number): Promise<unknown> {
  await using program = await startProgram('verification', flags);
  const ask = (seconds: number, pauseMs: number) =>
    clientsApart({ address: program.address, clients: CLIENTS, seconds, pauseMs });
  await ask(5, 0);
  const peak = await ask(PEAK_SECONDS, 0);
  const peakRate = peak.pathsPerSecond;
  // Every client's turn takes as long as makes all of them 80 % of the peak together, were answers to come at once.
  const turnMs = (1000 * CLIENTS) / (LOAD * peakRate);
  const pauseMs = Math.max(0, turnMs - quantile(peak.latencies, 0.5) / CLIENTS);
  const rows = [];
  for (let minute = 1; minute <= minutes; minute++) {
    const [{ latencies, failures, ...seen }, service] = await watched(program, ask(60, pauseMs));
    const rate = seen.pathsPerSecond;
    const row = { minute, rate, p99: quantile(latencies, 0.99), failures, ...service };
    rows.push(row);
    // Printed as it comes: a long measurement that is stopped has still said something.
    process.stderr.write(`${JSON.stringify(row)}\n`);
  }
  const cells = rows.map((row) => [
    ...[String(row.minute), row.rate.toFixed(1), row.p99.toFixed(0)],
    ...[row.refused, row.failures.length].map(String),
    ...[row.residentMiB, row.loopP99Ms, row.healthP99Ms].map((value) => value.toFixed(0)),
  ]);
  const head = ['minute', 'paths/s', 'p99 ms', 'refused', 'failed', 'MiB', 'loop p99 ms', 'health p99 ms'];
  process.stdout.write(`peak ${peakRate.toFixed(1)} paths/s\n${table(head, cells)}\n`);
  return { peak: peakRate, rows };
}
