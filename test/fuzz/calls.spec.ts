import { status } from '@grpc/grpc-js';
import { execution, generation, orchestration, simulation, training, verification } from '@sipf/contracts';
import { createRng } from '@sipf/random';
import { waitForReady } from '@sipf/service';
import type { TsProtoServiceDefinition } from 'nice-grpc';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectNoPaths } from '../support/calls.ts';
import { answering, randomVerifier, temporaryFolder, writeModel } from '../support/models.ts';
import type { ProgramName } from '../support/program-main.ts';
import { startProgram } from '../support/start-program.ts';
import { callRaw, rawClient } from './call-raw.ts';
import { mutate } from './mutate.ts';

/** Messages a method; each is random bytes or a changed valid one. */
const INPUTS = 40;
/** Long enough for anything but an endless generation, which its deadline must end. */
const DEADLINE_MS = 10_000;
/** What a caller may get; INTERNAL, UNKNOWN and the like are bugs. */
const ALLOWED: ReadonlySet<number> = new Set([
  ...[
    status.OK,
    status.INVALID_ARGUMENT,
    status.NOT_FOUND,
    status.ALREADY_EXISTS,
    status.FAILED_PRECONDITION,
  ],
  ...[status.RESOURCE_EXHAUSTED, status.DEADLINE_EXCEEDED, status.UNAVAILABLE, status.OUT_OF_RANGE],
]);

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

/** A valid message of a method by its name; an empty one for those that are not listed. */
type Seeds = Readonly<Record<string, object>>;

interface Service {
  readonly name: ProgramName;
  readonly definition: TsProtoServiceDefinition;
  readonly flags: () => Promise<readonly string[]>;
  readonly seeds: Seeds;
}

const row = { id: 'a', question: '1+1?', steps: ['<<1+1=2>>2', '#### 2'] };
const program = { id: 'p', program: 'x = 1', tests: 'assert x == 1' };
const nobody = ['generation', 'simulation', 'verification', 'training'].flatMap((name) => [
  `--${name}`,
  '127.0.0.1:9',
]);
const store = ['--artifacts', join(folder.path, 'store')];

const services: readonly Service[] = [
  {
    name: 'verification',
    definition: verification.VerificationServiceDefinition,
    flags: async () => ['--model', await writeModel(folder.path, 'verifier', randomVerifier('calls'))],
    seeds: { Score: { rows: [row] }, ScoreStream: { id: 'x', rows: [row] } },
  },
  {
    name: 'generation',
    definition: generation.GenerationServiceDefinition,
    flags: async () => ['--model', await writeModel(folder.path, 'policy', answering())],
    seeds: {
      Generate: { prompts: [{ id: 'a', text: '3' }], sampling: { n: 1, temperature: 1, maxNewTokens: 4 } },
    },
  },
  {
    name: 'simulation',
    definition: simulation.SimulationServiceDefinition,
    flags: async () => ['--model', await writeModel(folder.path, 'simulator', answering())],
    seeds: { LabelSteps: { paths: [row], rollouts: 2, sampling: { n: 1, temperature: 1, maxNewTokens: 4 } } },
  },
  {
    name: 'execution',
    definition: execution.ExecutionServiceDefinition,
    flags: () => Promise.resolve([]),
    seeds: { Execute: { programs: [program] }, ExecuteStream: { programs: [program] } },
  },
  {
    name: 'training',
    definition: training.TrainingServiceDefinition,
    flags: () => Promise.resolve([...store, '--state', join(folder.path, 'jobs')]),
    seeds: { StartJob: { jobId: 'a', spec: { seed: 1n } }, WatchJob: { jobId: 'a' }, GetJob: { jobId: 'a' } },
  },
  {
    name: 'orchestration',
    definition: orchestration.OrchestrationServiceDefinition,
    flags: () => Promise.resolve([...store, '--runs', join(folder.path, 'runs'), ...nobody]),
    seeds: { StartRun: { runId: 'a', configJson: '{"method":"sft"}' }, GetRun: { runId: 'a' } },
  },
];

describe.each(services)('$name', ({ name, definition, flags, seeds }) => {
  it('answers any bytes on any method as it should, and keeps serving', async () => {
    await using running = await startProgram(name, await flags());
    const client = rawClient(running.address);
    const wrong: string[] = [];
    for (const method of Object.values(definition.methods)) {
      const valid = method.requestType
        .encode(method.requestType.fromPartial?.(seeds[method.name] ?? {}) ?? {})
        .finish();
      for (let input = 0; input < INPUTS; input++) {
        const rng = createRng('calls').split(`${name}/${method.name}/${input}`);
        const bytes = input % 4 === 0 ? noise(rng.integer(200), rng) : mutate(valid, rng);
        const code = await callRaw(client, {
          path: `/${definition.fullName}/${method.name}`,
          method,
          bytes,
          deadlineMs: DEADLINE_MS,
        });
        if (!ALLOWED.has(code)) wrong.push(`${method.name} input ${input}: ${status[code] ?? code}`);
      }
    }
    client.close();
    expect(wrong).toEqual([]);
    await waitForReady(running.address, { deadlineMs: 10_000 });
    expect(running.child.exitCode).toBeNull();
    expectNoPaths(running.log());
  });
});

function noise(length: number, rng: ReturnType<typeof createRng>): Uint8Array {
  return Uint8Array.from({ length }, () => rng.integer(256));
}
