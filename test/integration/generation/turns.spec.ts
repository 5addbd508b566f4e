import { common, generation, simulation } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const { Priority } = common;
const folder = temporaryFolder();
const sampling = { n: 8, temperature: 1, maxNewTokens: 24, seed: 1n };
/** Calls that want much: any of them would end first if calls took turns one by one. */
const [CROWD, EACH, WANTED] = [12, 320, 192];
const programs: RunningProgram[] = [];

beforeAll(async () => {
  const flags = ['--model', await writeModel(folder.path, 'policy', randomModel('policy'))];
  const names = ['generation', 'simulation'] as const;
  programs.push(...(await Promise.all(names.map((name) => startProgram(name, flags)))));
});

afterAll(async () => {
  for (const program of programs) await program[Symbol.asyncDispose]();
  folder.remove();
});

type Claimed = { readonly priority: common.Priority; readonly clientId: string };

/** Asks for so many prompts, or prefixes; every text is another. */
interface Asking {
  ask(count: number, claim: Claimed, signal: AbortSignal): Promise<unknown>;
  close(): void;
}

let texts = 0;

function generating(): Asking {
  const client = createClient(generation.GenerationServiceDefinition, programs[0]?.address ?? '');
  const promptOf = () => ({ id: String(texts++), text: `1+${texts}` });
  return {
    ask: (count, claim, signal) => {
      const prompts = Array.from({ length: count }, promptOf);
      return collect(client.generate({ prompts, sampling, ...claim }, { signal }));
    },
    close: () => {
      client.close();
    },
  };
}

function simulating(): Asking {
  const client = createClient(simulation.SimulationServiceDefinition, programs[1]?.address ?? '');
  const pathOf = () => ({
    id: String(texts++),
    ...{ prompt: `1+${texts}\n`, steps: ['<<1+1=2>>', '#### 2'], goldAnswer: '2', outcomeCorrect: true },
  });
  return {
    ask: (count, claim, signal) => {
      const paths = Array.from({ length: count }, pathOf);
      return collect(client.labelSteps({ task: 'arithmetic', paths, sampling, ...claim }, { signal }));
    },
    close: () => {
      client.close();
    },
  };
}

const crowd = { priority: Priority.BULK, clientId: 'crowd' };

it.each([
  ['generation', 'an interactive call', generating, { ...crowd, priority: Priority.INTERACTIVE }],
  ['generation', 'a client of its own', generating, { ...crowd, clientId: 'single' }],
  ['simulation', 'an interactive call', simulating, { ...crowd, priority: Priority.INTERACTIVE }],
  ['simulation', 'a client of its own', simulating, { ...crowd, clientId: 'single' }],
])('%s lets %s end before a crowd of bulk calls of one client', async (_service, _what, connect, claim) => {
  const asking = connect();
  const enough = new AbortController();
  let ended = 0;
  const others = Array.from({ length: CROWD }, async () => {
    await asking.ask(EACH, crowd, enough.signal).catch((error: unknown) => {
      // Only the end of the test may end a call of the crowd without its samples.
      if (!enough.signal.aborted) throw error;
    });
    ended += 1;
  });
  await asking.ask(1, { ...crowd, clientId: 'other' }, enough.signal);
  await asking.ask(WANTED, claim, enough.signal);
  expect(ended).toBe(0);
  enough.abort();
  await Promise.all(others);
  asking.close();
});

it('drops what waits when its deadline is over, and keeps serving', async () => {
  const client = createClient(generation.GenerationServiceDefinition, programs[0]?.address ?? '');
  const prompts = Array.from({ length: 2000 }, (_, at) => ({ id: String(at), text: `9-${at}` }));
  const late = collect(client.generate({ prompts, sampling }, { deadlineMs: 200 }));
  await expect(late).rejects.toMatchObject({ kind: 'deadline-exceeded' });
  const [first] = prompts.slice(0, 1);
  expect(
    await collect(client.generate({ prompts: first === undefined ? [] : [first], sampling })),
  ).toHaveLength(8);
  client.close();
});
