import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { thisHolder } from './holder.ts';
import type { Race } from './testing/contender.ts';

/** A hundred of each kind in a test; RACES=10000 for a night. */
const RACES = Number(process.env['RACES'] ?? 100);
const CONTENDERS = 3;
/** All of them have read the message by then. */
const TOGETHER_MS = 6;

const folder = temporaryFolder();
let contenders: ChildProcess[];

beforeAll(async () => {
  const program = fileURLToPath(new URL('./testing/contender.ts', import.meta.url));
  contenders = Array.from({ length: CONTENDERS }, () => fork(program));
  await Promise.all(contenders.map((one) => once(one, 'message')));
});

afterAll(() => {
  for (const one of contenders) one.disconnect();
  folder[Symbol.dispose]();
});

interface Answer {
  readonly epoch?: number;
  readonly refusal?: string;
}

async function race(name: string, silentMs: number): Promise<Answer[]> {
  const message: Race = { folder: join(folder.path, name), at: Date.now() + TOGETHER_MS, silentMs };
  const answers = contenders.map(async (one) => {
    one.send(message);
    return ((await once(one, 'message')) as [Answer])[0];
  });
  return await Promise.all(answers);
}

function claim(name: string, holder: object): void {
  mkdirSync(join(folder.path, name), { recursive: true });
  writeFileSync(join(folder.path, name, 'claim-1'), JSON.stringify({ holder, epoch: 1, isContested: false }));
}

const me = thisHolder(0);
const LONG_MS = 60_000;

it.each([
  ['a lease that nobody ever held', LONG_MS, () => undefined],
  [
    'the lease of a process that has died',
    LONG_MS,
    (name: string) => {
      claim(name, { ...me, pid: 4_194_304 });
    },
  ],
  [
    'the lease of a process elsewhere that is silent',
    40,
    (name: string) => {
      claim(name, { ...me, place: 'another host', pid: 1 });
    },
  ],
])('has one holder where several processes race for %s', async (kind, silentMs, prepare) => {
  for (let number = 0; number < RACES; number++) {
    const name = `${kind.replaceAll(' ', '-')}-${number}`;
    prepare(name);
    const answers = await race(name, silentMs);
    const epochs = answers.flatMap((answer) => answer.epoch ?? []);
    expect(epochs, JSON.stringify(answers)).toHaveLength(1);
    const refusals = answers.flatMap((answer) => answer.refusal ?? []);
    expect(refusals).toEqual(Array(CONTENDERS - 1).fill('RUN_IN_USE'));
  }
});
