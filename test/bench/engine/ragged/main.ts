// Memory of a LoRA training on real rows of all lengths beside rows of one length, of as many tokens: test/bench/README.md.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { table } from '../../support/table.ts';
import type { RaggedReport } from './child.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    steps: { type: 'string', default: '24' },
    threads: { type: 'string', default: '1' },
  },
});
const { model } = values;
if (model === undefined) throw new Error('--model names a folder with a tokenizer');
const child = fileURLToPath(new URL('./child.ts', import.meta.url));

async function train(side: string): Promise<RaggedReport> {
  const args = [child, side, model ?? '', values.steps, values.threads];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as RaggedReport;
}

const [even, ragged] = [await train('even'), await train('ragged')];
const lines = Object.entries({ even, ragged }).map(([name, report]) => [
  ...[name, report.mostTokens.toFixed(0), report.realTokens.toFixed(0)],
  ...[`${report.peakMiB.toFixed(0)} MiB`, (report.peakMiB / even.peakMiB).toFixed(2)],
  `${report.cpuMsPerStep.toFixed(0)} ms`,
]);
const head = [
  'rows',
  'tokens of the largest batch',
  'without padding',
  'peak',
  'peak / even',
  'processor time of a step',
];
process.stdout.write(`${table(head, lines)}\n${JSON.stringify({ ragged, even })}\n`);
