// Where a cluster of up to 1,000 replicas saturates: a discrete-event simulation on what the shared parts take on this machine.
import { createRng } from '@sipf/random';
import { table } from '../support/table.ts';
import { measureParts } from './measure-parts.ts';
import { simulateStage } from './simulate-stage.ts';

const QUESTIONS_A_CALL = 8;
const SAMPLES = 8;
const LANES_A_REPLICA = 3;
const REPLICAS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;
/** A run of the method on a larger set of questions than GSM8K's, so that 1,000 replicas have something to do. */
const QUESTIONS = 80_000;

/** What cannot be measured here: a replica's GPU, its model, what tokens a sample has. */
const given = {
  tokensPerSecond: Number(process.argv[2] ?? 2000),
  modelMiB: Number(process.argv[3] ?? 2200),
  tokensPerSample: 128,
};

const costs = await measureParts();
const orchestratorMs = costs.callMs + costs.journalMs;
const serviceMs = (QUESTIONS_A_CALL * SAMPLES * given.tokensPerSample * 1000) / given.tokensPerSecond;
const calls = QUESTIONS / QUESTIONS_A_CALL;

const rows = REPLICAS.map((replicas) => {
  const stage = { calls, lanes: LANES_A_REPLICA * replicas, replicas, serviceMs, orchestratorMs };
  const outcome = simulateStage(stage, createRng(`scale/${replicas}`));
  return {
    replicas,
    ...outcome,
    // Every replica hears of the next model, and reads it, all from one server.
    eventsMs: replicas * costs.eventMs,
    storeMs: replicas * given.modelMiB * costs.readMiBMs,
  };
});

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const seconds = (ms: number): string => (ms / 1000).toFixed(1);
const cells = rows.map((row) => [
  String(row.replicas),
  seconds(row.ms),
  percent(row.replicasBusy),
  percent(row.orchestratorBusy),
  seconds(row.eventsMs),
  seconds(row.storeMs),
  percent(row.storeMs / row.ms),
]);
const head = [
  'replicas',
  'stage s',
  'replicas busy',
  'orchestrator busy',
  'events s',
  'store s',
  'store / stage',
];
process.stdout.write(`${table(head, cells)}\n`);
const limits = {
  /** Replicas that one orchestrator keeps busy. */
  orchestrator: Math.floor(serviceMs / orchestratorMs),
  /** Replicas that hear of an event within a second. */
  events: Math.floor(1000 / costs.eventMs),
  /** Replicas for which reading a model from one server takes as long as a stage. */
  store: Math.floor(Math.sqrt((calls * serviceMs) / (given.modelMiB * costs.readMiBMs))),
};
process.stdout.write(`${JSON.stringify({ costs, given, serviceMs, limits, rows })}\n`);
