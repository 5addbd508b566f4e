import { execution } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram } from '../../support/start-program.ts';
import type { Problem } from './problems.ts';

const { Language, Outcome } = execution;

interface Sent {
  readonly code: string;
  readonly tests: string;
  readonly wanted: readonly execution.Outcome[];
}

const stopped = [Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY];
const hostile: readonly Sent[] = [
  { code: 'while True: pass', tests: '', wanted: stopped },
  { code: 'a = []\nwhile True: a.append("x" * 100_000)', tests: '', wanted: stopped },
  { code: 'while True: print("x" * 1000)', tests: '', wanted: [Outcome.OUTPUT_LIMIT] },
  { code: 'import os\nos._exit(0)', tests: 'assert True', wanted: [Outcome.FAILED] },
  {
    code: 'import sys\nsys.setrecursionlimit(10**8)\ndef f(): f()\nf()',
    tests: '',
    wanted: [Outcome.FAILED, ...stopped],
  },
  { code: 'import re\nre.match("(a+)+$", "a" * 40 + "b")', tests: '', wanted: stopped },
  {
    code: 'import builtins\nbuiltins.__dict__.clear()\nx = len',
    tests: 'assert x',
    wanted: [Outcome.FAILED],
  },
  { code: 'def f(:', tests: '', wanted: [Outcome.SYNTAX_ERROR] },
];
const hostileShare = 20;

/**
 * Sends programs through one stream of a service, one in {@link hostileShare} hostile, and compares every verdict with what it
 * must be; watches memory and looks for processes that are left over. @throws Error when the service's processes cannot be
 * seen.
 */
export async function soak(problems: readonly Problem[], count: number) {
  await using service = await startProgram('execution', [
    ...['--processes', '2', '--memory-limit-mib', '64'],
    // MBPP/123 alone takes seven seconds, in python3 as well.
    ...['--wall-time-ms', '60000', '--cpu-time-ms', '60000'],
  ]);
  const client = createClient(execution.ExecutionServiceDefinition, service.address);
  const sent = Array.from({ length: count }, (_, index) => programAt(problems, index));
  async function* requests() {
    for (const [index, { code, tests, wanted }] of sent.entries()) {
      const wallTimeMs = wanted === stopped ? 300 : 0;
      const limits = { wallTimeMs };
      const request = { id: `${index}`, language: Language.PYTHON, code, tests, limits };
      yield await Promise.resolve({ request, inOrder: true });
    }
  }
  const wrong: string[] = [];
  const memoryMiB: number[] = [];
  let received = 0;
  const startMs = performance.now();
  for await (const { response } of client.executeStream(requests(), { deadlineMs: 3_600_000 })) {
    const expected = sent[received];
    const isRight = response?.id === `${received}` && expected?.wanted.includes(response.outcome) === true;
    if (!isRight) wrong.push(`${received}: ${response?.outcome ?? 'none'} ${response?.message ?? ''}`);
    received += 1;
    if (received % Math.ceil(count / 20) === 0) memoryMiB.push(residentMiB(service.child.pid ?? 0));
  }
  const seconds = (performance.now() - startMs) / 1000;
  client.close();
  const zombies = await leftOver(service.child.pid ?? 0);
  return { sent: count, received, wrong, seconds, memoryMiB, zombies };
}

function programAt(problems: readonly Problem[], index: number): Sent {
  const problem = problems[(index * 7) % problems.length];
  if (index % hostileShare === hostileShare - 1) {
    return hostile[Math.floor(index / hostileShare) % hostile.length] as Sent;
  }
  return { code: problem?.code ?? '', tests: problem?.tests ?? '', wanted: [Outcome.PASSED] };
}

interface ProcessState {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly residentMiB: number;
}

/** How long a killed process may wait for its parent to take note of its end. */
const REAPED_MS = 5000;

/** Ended processes that nobody takes note of. */
async function leftOver(pid: number): Promise<number> {
  const zombies = (): number => descendants(pid).filter(({ state }) => state === 'Z').length;
  for (const deadline = performance.now() + REAPED_MS; zombies() > 0 && performance.now() < deadline;)
    await sleep(50);
  return zombies();
}

/** Memory of a process and all below it. */
function residentMiB(pid: number): number {
  return Math.round(descendants(pid).reduce((sum, one) => sum + one.residentMiB, 0));
}

function descendants(pid: number): ProcessState[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/u.test(name) ? readState(Number(name)) : []));
  const below = (parent: number): ProcessState[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return [...all.filter((one) => one.pid === pid), ...below(pid)];
}

function readState(pid: number): ProcessState[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [
      { pid, state: fields[0] ?? '', parent: Number(fields[1]), residentMiB: Number(fields[21]) / 256 },
    ];
  } catch {
    return [];
  }
}
