// Disturbs real runs and compares what they make with what an undisturbed one makes; see README.md.
import { parseArgs } from 'node:util';
import { table } from '../bench/support/table.ts';
import { hasNats } from '../support/nats.ts';
import { undisturbedRun } from './scenarios/disturbed-run.ts';
import type { Outcome } from './scenarios/outcome.ts';
import { scenarios, type ScenarioName } from './scenarios/scenarios.ts';

const USAGE = `node test/chaos/main.ts [${Object.keys(scenarios).join('|')}|all] [--seed S] [--moments 50]`;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, moments: { type: 'string', default: '50' } },
});
const wanted = positionals.length === 0 || positionals.includes('all') ? Object.keys(scenarios) : positionals;
const moments = Number(values.moments);
if (!wanted.every((name) => Object.hasOwn(scenarios, name)) || !Number.isInteger(moments) || moments < 1) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(64);
}
if (!hasNats) process.exit(69);

const all: Outcome[] = [];
const report = (outcomes: readonly Outcome[]): void => {
  for (const outcome of outcomes) {
    all.push(outcome);
    const { scenario, what, when, result, detail } = outcome;
    process.stderr.write(`${[scenario, what, when, result, detail].filter(Boolean).join(': ')}\n`);
  }
};
process.stderr.write('the undisturbed run\n');
const { outputs: reference, lastsMs } = await undisturbedRun();
for (const name of wanted) {
  await scenarios[name as ScenarioName]({ reference, lastsMs, seed: values.seed, moments, report });
}
const rows = all.map(({ scenario, what, when, result, detail }) => [scenario, what, when, result, detail]);
process.stdout.write(`${table(['scenario', 'what', 'when', 'result', 'detail'], rows)}\n`);
const count = (result: Outcome['result']): number =>
  all.filter((outcome) => outcome.result === result).length;
process.stdout.write(
  `${count('same')} same, ${count('different')} different, ${count('skipped')} skipped; seed ${values.seed}\n`,
);
process.exitCode = count('different') === 0 ? 0 : 1;
