import { FolderArtifactStore } from '@sipf/artifacts';
import { parseRunConfig } from '@sipf/contracts';
import { createInProcessBus, encodeIterationEvent, type EventBus } from '@sipf/events';
import { openRunLog } from '@sipf/runs';
import { someResult } from '@sipf/runs/testing';
import { createLogger, createMetricsRegistry } from '@sipf/service';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRunLeases } from '../leases/run-leases.ts';
import { createRunMetrics } from '../run/run-metrics.ts';
import { RunRegistry } from '../run/run-registry.ts';
import { beginEventBook, readEventBook } from './event-book.ts';
import { followDeliveries } from './follow-deliveries.ts';
import { eventsOfLog } from './iteration-events.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const config = parseRunConfig({
  method: 'sft',
  task: { name: 'arithmetic' },
  policy: {
    initial: {
      hiddenSize: 8,
      intermediateSize: 8,
      numHiddenLayers: 1,
      numAttentionHeads: 1,
      numKeyValueHeads: 1,
    },
  },
  sft: { learningRate: 1e-3 },
  sampling: { maxNewTokens: 8 },
  evaluation: { maxNewTokens: 8 },
});

/** A delivery is written down, durably, under a lease: on a busy disk that takes its time. */
const PATIENT = { timeout: 20_000 };

let folder: string;
let bus: EventBus;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-deliveries-'));
  bus = createInProcessBus({ log: logger });
});

afterEach(async () => {
  await bus.close();
  rmSync(folder, { recursive: true });
});

/** Follows the bus for a folder of runs, as an orchestrator does that is started over it. */
function follow(runs: string, now = 1000) {
  const registry = new RunRegistry({
    leases: openRunLeases(runs),
    ...{ runs, artifacts: new FolderArtifactStore(folder), artifactsFolder: folder, services: undefined },
    ...{ bus, logger, metrics: createRunMetrics(createMetricsRegistry()), version: 'test', now: () => now },
  });
  return followDeliveries({ bus, registry, runs, logger, now: () => now });
}

/** A run that has trained its first policy, and what it publishes of that. */
async function writeRun(runs: string, runId: string) {
  const run = join(runs, runId);
  mkdirSync(run, { recursive: true });
  const log = await openRunLog(run, () => 0);
  const result = someResult('sft-0');
  await log.append({ kind: 'run-started', runId, config, commit: 'test' });
  await log.append({ kind: 'stage-started', stage: 'sft-0' });
  await log.append({ kind: 'stage-completed', stage: 'sft-0', result });
  await log.close();
  return { run, outgoing: eventsOfLog(log.entries).map(encodeIterationEvent) };
}

const noted = async (run: string) =>
  [...((await readEventBook(run)) ?? [])].map(([id, { name, deliveredAt }]) => [id, name, deliveredAt]);

it('notes what is delivered of the runs of its folder, once, also over a restart', async () => {
  const { run, outgoing } = await writeRun(folder, 'here');
  await beginEventBook(run);
  const [started, aligned] = outgoing;
  if (started === undefined || aligned === undefined) throw new Error('no events');
  const first = follow(folder);
  await bus.publish(started);
  const one = ['here/1/0', 'started', '1970-01-01T00:00:01.000Z'];
  await expect.poll(() => noted(run), PATIENT).toEqual([one]);
  await first.stop();

  await bus.publish(aligned);
  const second = follow(folder, 2000);
  const other = ['here/2/0', 'aligned', '1970-01-01T00:00:02.000Z'];
  await expect.poll(() => noted(run), PATIENT).toEqual([one, other]);
  await second.stop();

  // A bus that has forgotten whom it delivered what, as the in-process one has after a restart.
  await bus.close();
  bus = createInProcessBus({ log: logger });
  const third = follow(folder, 3000);
  for (const event of outgoing) await bus.publish(event);
  const last = await writeRun(folder, 'last');
  await beginEventBook(last.run);
  for (const event of last.outgoing) await bus.publish(event);
  await expect.poll(() => noted(last.run), PATIENT).toHaveLength(2);
  expect(await noted(run)).toEqual([one, other]);
  await third.stop();
});

it('passes over runs that are elsewhere or have no book, and events that the log does not have', async () => {
  const { run, outgoing } = await writeRun(folder, 'here');
  await beginEventBook(run);
  const old = await writeRun(folder, 'old');
  const elsewhere = await writeRun(join(folder, 'other'), 'elsewhere');
  const forged = outgoing.map((event) => ({ ...event, id: `here/7/0` }));
  const following = follow(folder);
  for (const event of [...old.outgoing, ...elsewhere.outgoing, ...forged, ...outgoing]) {
    await bus.publish(event);
  }
  await expect.poll(() => noted(run), PATIENT).toHaveLength(2);
  expect(await readEventBook(old.run)).toBeUndefined();
  expect(await readEventBook(elsewhere.run)).toBeUndefined();
  await following.stop();
});

it('takes nothing from an orchestrator of another folder', async () => {
  const folders = ['one', 'other'].map((name) => join(folder, name));
  const runs = await Promise.all(folders.map((folder, at) => writeRun(folder, `run-${at}`)));
  for (const { run } of runs) await beginEventBook(run);
  const following = folders.map((folder) => follow(folder));
  for (const { outgoing } of runs) for (const event of outgoing) await bus.publish(event);
  for (const { run } of runs) await expect.poll(() => noted(run), PATIENT).toHaveLength(2);
  for (const one of following) await one.stop();
});

it('stops while it cannot follow the bus yet', async () => {
  // A folder that cannot hold the name under which the bus knows it.
  const runs = join(folder, 'file');
  writeFileSync(runs, '');
  await follow(runs).stop();
});
