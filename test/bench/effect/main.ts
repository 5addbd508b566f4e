// Whether the method shows what the paper shows on the bundled tasks: node test/bench/effect/main.ts
// [arithmetic|programs|methods|extensions] [--seeds 1,2,3] [--runs FOLDER]. A stopped run is resumed.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findingsOf } from './findings.ts';
import { accuracyTable, claimTable, verifierTable } from './report.ts';
import { isTask, runExperiment, taskNames } from './run-experiment.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string' }, runs: { type: 'string', default: 'runs' } },
});
const [task = 'arithmetic'] = positionals;
if (!isTask(task)) throw new Error(`no task ${task}: ${taskNames.join(', ')}`);
const runs = resolve(values.runs);
const id = `effect-${task}`;
const started = performance.now();
await runExperiment({ id, task, seeds: values.seeds, runs });
const minutes = (performance.now() - started) / 60_000;

const { rows, claims, verifiers } = await findingsOf(runs, id);
const say = (text: string): void => void process.stdout.write(`${text}\n\n`);
say("Greedy accuracy in %, Wilson's 95 % interval; after it the share of paths whose every step is right");
say(accuracyTable(rows));
say('Differences in points, with 95 % intervals by bootstrap over the questions of all seeds');
say(claimTable(claims));
if (verifiers !== undefined) say(verifierTable(verifiers));
const accuracies = [...rows.values()].map(({ method, seeds }) => ({
  method,
  seeds: Object.fromEntries([...seeds].map(([seed, { figures }]) => [seed, figures])),
}));
process.stdout.write(`${JSON.stringify({ task, minutes, accuracies, claims, verifiers })}\n`);
