import { FolderArtifactStore, summedLine } from '@sipf/artifacts';
import { common, LOG_FORMAT, orchestration, parseRunConfig } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { createInProcessBus, type EventBus } from '@sipf/events';
import { openRunLog } from '@sipf/runs';
import { createLogger, createMetricsRegistry } from '@sipf/service';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHandlers } from '../handlers.ts';
import { openRunLeases } from '../leases/run-leases.ts';
import type { Services } from '../services/services.ts';
import { createRunMetrics } from './run-metrics.ts';
import { RunRegistry } from './run-registry.ts';

const config = parseRunConfig({ ...SMALL_RUN, method: 'sft' });
const logged: { readonly msg: string; readonly reason?: string }[] = [];
const logger = createLogger({
  service: 'test',
  destination: { write: (line: string) => void logged.push(JSON.parse(line) as (typeof logged)[number]) },
});
let folder: string;
let bus: EventBus;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-registry-'));
  bus = createInProcessBus({ log: logger });
  logged.length = 0;
});

afterEach(async () => {
  await bus.close();
  rmSync(folder, { recursive: true });
});

function open(version = '1.0.0', known: Partial<Services> = {}): RunRegistry {
  const away = { trainedSteps: () => Promise.reject(new Error('away')) };
  const services = { ...away, ...known } as unknown as Services;
  const store = new FolderArtifactStore(join(folder, 'store'));
  return new RunRegistry({
    leases: openRunLeases(join(folder, 'runs')),
    ...{ runs: join(folder, 'runs'), artifacts: store, artifactsFolder: join(folder, 'store'), services },
    ...{ bus, logger, metrics: createRunMetrics(createMetricsRegistry()), version, now: Date.now },
  });
}

/** The log of a run that was begun and left. */
async function writeRun(runId: string, phase: 'cancelled' | 'running' = 'cancelled'): Promise<string> {
  const run = join(folder, 'runs', runId);
  mkdirSync(run, { recursive: true });
  const log = await openRunLog(run, () => 0);
  await log.append({ kind: 'run-started', runId, config, commit: '1.0.0' });
  await log.append({ kind: 'stage-started', stage: 'data' });
  if (phase === 'cancelled') await log.append({ kind: 'run-cancelled' });
  await log.close();
  return join(run, 'log.jsonl');
}

it.each([
  [
    'zeros at its end',
    (log: string) => {
      appendFileSync(log, '\0\0\0\0\n');
    },
    /x\/log\.jsonl:3 is damaged \(nothing but zeros\)/,
  ],
  [
    'garbage in its middle',
    (log: string) => {
      writeFileSync(log, readFileSync(log, 'utf8').replace('stage-started', 'stage-st\u0000rted'));
    },
    /x\/log\.jsonl:2 is damaged/,
  ],
  [
    'another number in it',
    (log: string) => {
      writeFileSync(log, readFileSync(log, 'utf8').replace('"learningRate":0.001', '"learningRate":0.003'));
    },
    /x\/log\.jsonl:1 is damaged \(its checksum is another\)/,
  ],
  [
    'no first entry',
    (log: string) => {
      writeFileSync(log, readFileSync(log, 'utf8').split('\n').slice(1).join('\n'));
    },
    /x\/log\.jsonl:1 is damaged \(it is numbered 1, where 0 is due\)/,
  ],
  [
    'a configuration that nobody can plan',
    (log: string) => {
      const older = readFileSync(log, 'utf8').replaceAll(/,"crc32":"\w+"/g, '');
      writeFileSync(log, older.replace('"method":"sft"', '"method":"soft"'));
    },
    /x\/log\.jsonl:1 has a configuration that this program cannot run/,
  ],
  [
    'an entry of a newer program',
    (log: string) => {
      const entry = { index: 2, at: '2026-01-01T00:00:00.000Z', kind: 'run-resumed', format: LOG_FORMAT + 1 };
      const program = { version: '9.0.0', commit: 'f'.repeat(40), settings: 'sha256:1' };
      appendFileSync(log, `${summedLine(JSON.stringify({ ...entry, program }))}\n`);
    },
    new RegExp(`was written by sipf 9\\.0\\.0 \\(f{12}\\) in format ${LOG_FORMAT + 1}`),
  ],
])(
  'shows a run with %s in its log as damaged, and stops for it neither the others nor itself',
  async (_, damage, words) => {
    damage(await writeRun('x', 'running'));
    await writeRun('y');
    const registry = open();
    const signal = new AbortController().signal;
    const handlers = createHandlers(registry, {
      info: {} as never,
      drivesRuns: true,
      checkRuns: () => Promise.resolve([]),
    });
    const call = { signal } as never;
    expect(await registry.resumeInterrupted()).toEqual([]);
    expect(logged.some(({ msg }) => words.test(msg))).toBe(true);
    const { runs = [] } = await handlers.listRuns({}, call);
    const { DAMAGED, CANCELLED } = orchestration.RunState;
    expect(runs.map(({ id, state }) => [id, state])).toEqual([
      ['x', DAMAGED],
      ['y', CANCELLED],
    ]);
    expect(runs[0]?.failure).toMatch(words);
    expect((await handlers.getRun({ runId: 'x' }, call)).run?.state).toBe(DAMAGED);
    await expect(registry.resume('x')).rejects.toThrow(words);
    await expect(registry.start('x', JSON.stringify(config), '')).rejects.toMatchObject({
      reason: 'RUN_EXISTS',
    });
    const findings = [];
    for await (const { subject, fault } of registry.verify('x', signal)) findings.push({ subject, fault });
    expect(findings[0]).toMatchObject({ subject: 'log.jsonl' });
  },
);

it('calls a run what its folder is called, so that a copy is a run of its own', async () => {
  await writeRun('first');
  cpSync(join(folder, 'runs', 'first'), join(folder, 'runs', 'copy'), { recursive: true });
  const runs = await open().list();
  expect(runs.map((run) => ('damage' in run ? '' : run.state.runId))).toEqual(['copy', 'first']);
});

it('says in the log that a run is resumed by other code, and by which', async () => {
  await writeRun('x');
  for (const version of ['1.0.0', '1.0.0', '2.0.0']) {
    const registry = open(version);
    await registry.resume('x');
    await registry.close();
  }
  const entries = readFileSync(join(folder, 'runs/x/log.jsonl'), 'utf8').trim().split('\n');
  const resumed = entries
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ kind }) => kind === 'run-resumed');
  expect(resumed.map(({ format, program }) => [format, (program as { version: string }).version])).toEqual([
    [LOG_FORMAT, '1.0.0'],
    [LOG_FORMAT, '1.0.0'],
    [LOG_FORMAT, '2.0.0'],
  ]);
  // Of the code that began it nothing is known but its version.
  expect(resumed.map(({ otherCode }) => otherCode)).toEqual([
    undefined,
    undefined,
    'version 2.0.0 instead of 1.0.0',
  ]);
  expect(logged.some(({ msg }) => msg.includes('resumed by other code'))).toBe(true);
});

it('starts no run that names other engines than the services have, and says which', async () => {
  const own = { engine: { kind: 'engine', version: '1', precision: 'float32', device: 'cpu x 1' } };
  const engineOf = (part: string) =>
    part === 'policy' ? Promise.resolve(own) : Promise.reject(new Error('away'));
  const registry = open('1.0.0', { engineOf });
  const engines = { policy: { kind: 'vllm', urls: 'http://a:1/v1' }, trainer: { kind: 'trl' } };
  const named = JSON.stringify(parseRunConfig({ ...SMALL_RUN, method: 'sft', engines }));
  await expect(registry.start('x', named, '')).rejects.toMatchObject({
    reason: 'INVALID_FIELD',
    violations: [
      {
        field: 'engines.policy.kind',
        description: expect.stringContaining('has engine: set it to') as string,
      },
    ],
  });
  expect(existsSync(join(folder, 'runs', 'x'))).toBe(false);
  await registry.close();
});

it('starts no run whose adapters its policy service would refuse', async () => {
  const engine = { kind: 'vllm', version: '0.32.0', precision: '', device: 'openai at a:1' };
  const registry = open('1.0.0', { engineOf: () => Promise.resolve({ engine, maxLoraRank: 16 }) });
  const withRank = (rank: number): string => {
    const policy = { ...SMALL_RUN.policy, lora: { rank, alpha: 8 } };
    return JSON.stringify(parseRunConfig({ ...SMALL_RUN, method: 'sft', policy }));
  };
  await expect(registry.start('x', withRank(17), '')).rejects.toMatchObject({
    reason: 'INVALID_FIELD',
    violations: [
      {
        field: 'policy.lora.rank',
        description: expect.stringContaining('takes 16: start it with --max-lora-rank 32') as string,
      },
    ],
  });
  expect(existsSync(join(folder, 'runs', 'x'))).toBe(false);
  expect(await registry.start('x', withRank(16), '')).toMatchObject({ driven: true });
  await registry.close();
});

it('starts no run whose plan asks a service that the orchestrator has none of, and one that does not', async () => {
  const registry = open('1.0.0', { lacks: (part: string) => ['simulator', 'verifier'].includes(part) });
  const sipf = JSON.stringify(parseRunConfig({ ...SMALL_RUN, method: 'sipf' }));
  await expect(registry.start('x', sipf, '')).rejects.toMatchObject({
    reason: 'SERVICE_NOT_SET',
    message: expect.stringContaining('no simulation, verification service, which the run asks') as string,
  });
  expect(existsSync(join(folder, 'runs', 'x'))).toBe(false);
  const sft = JSON.stringify(parseRunConfig({ ...SMALL_RUN, method: 'sft' }));
  expect(await registry.start('x', sft, '')).toMatchObject({ driven: true });
  await registry.close();
});

it('logs what computed a stage as it is known afterwards, where it was started for the stage', async () => {
  let version = '';
  const registry = open('1.0.0', {
    engineOf: () =>
      Promise.resolve({ engine: { kind: 'trl', version, precision: 'float32', device: 'cpu' } }),
    train: () => {
      version = '1.16.0';
      return Promise.resolve({
        model: common.ModelRef.create({ digest: `sha256:${'1'.repeat(64)}` }),
        droppedRows: 0,
      });
    },
  });
  await registry.start('x', JSON.stringify(config), '');
  const completed = (): unknown[] =>
    readFileSync(join(folder, 'runs/x/log.jsonl'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ kind, stage }) => kind === 'stage-completed' && stage === 'sft-0');
  await expect.poll(completed, { timeout: 20_000 }).toMatchObject([{ engine: { version: '1.16.0' } }]);
  await registry.close();
});
