import { common, generation } from '@sipf/contracts';
import { createClient } from '@sipf/service';
// Samples and labels a second of two replicas against one, each pinned to a core, behind one client that takes them in turn
// (Linux).
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { collect } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';
import { interleave, median, type Timed } from '../support/interleave.ts';
import { table } from '../support/table.ts';

const rounds = Number(process.argv[2] ?? 5);
const questions = 96;
/** Calls as the orchestrator makes them: a few questions each, several at once. */
const [QUESTIONS_A_CALL, CALLS_AT_ONCE] = [4, 8];

if (availableParallelism() < 2) throw new RangeError('two cores are needed');
const folder = temporaryFolder();
const model = await writeModel(folder.path, 'model', randomModel('scale'));
const replicas = await Promise.all(
  [0, 1].map(() => startProgram('generation', ['--model', model, '--threads', '1'])),
);
replicas.forEach(pin);

/** Every thread of the process stays on one core, those of its workers too. */
function pin({ child }: RunningProgram, core: number): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(child.pid)]);
}

/** One call after the other on each of a few lanes, until every question is answered. */
async function sampleAll(address: string): Promise<void> {
  using client = createClient(generation.GenerationServiceDefinition, address);
  const sampling = common.SamplingSettings.fromPartial({ n: 8, temperature: 1, maxNewTokens: 48, seed: 1n });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < questions) {
      const first = next;
      next += QUESTIONS_A_CALL;
      const prompts = Array.from({ length: QUESTIONS_A_CALL }, (_, index) => ({
        id: String(first + index),
        text: 'How many pens are left?\n',
      }));
      await collect(client.generate({ prompts, sampling }));
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane));
}

const [one, other] = replicas.map(({ address }) => address);
const timed = new Map<string, Timed>([
  ['one replica', () => sampleAll(`ipv4:${String(one)}`)],
  ['two replicas', () => sampleAll(`ipv4:${String(one)},${String(other)}`)],
]);
const measured = await interleave(timed, { rounds, warmUp: 1 });
for (const replica of replicas) await replica[Symbol.asyncDispose]();
folder.remove();

const seconds = [...measured].map(([name, times]) => ({ name, seconds: median(times) / 1000 }));
const rows = seconds.map(({ name, seconds: s }) => [name, s.toFixed(2), ((questions * 8) / s).toFixed(0)]);
const speedUp = (seconds[0]?.seconds ?? 0) / (seconds[1]?.seconds ?? 1);
process.stdout.write(`${table(['', 's', 'samples/s'], rows)}\ntwo against one: ${speedUp.toFixed(2)} x\n`);
process.stdout.write(`${JSON.stringify({ questions, rounds, seconds, speedUp })}\n`);
