import { common, generation } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { HealthDefinition } from 'nice-grpc-server-health';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, expectNoPaths, refusalOf } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
/** Minutes of work, of which every sample ends after some milliseconds. */
const endless = common.SamplingSettings.fromPartial({ n: 1024, temperature: 1, maxNewTokens: 56 });
const many = Array.from({ length: 100 }, (_, index) => ({ id: `${index}`, text: '1+1' }));
/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
const SERVING = 1;
const NOT_SERVING = 2;
let model: string;

beforeAll(async () => {
  model = await writeModel(folder.path, 'model', randomModel('lifecycle'));
});

afterAll(() => {
  folder.remove();
});

function connect({ address }: RunningProgram) {
  return createClient(generation.GenerationServiceDefinition, address);
}

it('is free for the next call as soon as one is cancelled', async () => {
  await using program = await startProgram('generation', ['--model', model]);
  using client = connect(program);
  for (let round = 0; round < 3; round++) {
    const cancel = new AbortController();
    const answers = client.generate({ prompts: many, sampling: endless }, { signal: cancel.signal });
    const reading = answers[Symbol.asyncIterator]();
    await reading.next();
    cancel.abort();
    await expect(collect({ [Symbol.asyncIterator]: () => reading })).rejects.toThrow('aborted');
    const small = { ...endless, n: 1, maxNewTokens: 4 };
    // Far less than the cancelled work would have taken, far more than a busy machine needs.
    const options = { deadlineMs: 20_000 };
    expect(
      await collect(client.generate({ prompts: many.slice(0, 1), sampling: small }, options)),
    ).toHaveLength(1);
  }
  expectNoPaths(program.log());
});

it('finishes what it has begun when it is asked to stop, and says so to health checks', async () => {
  await using program = await startProgram('generation', ['--model', model]);
  using client = connect(program);
  using health = createClient(HealthDefinition, program.address);
  const statuses: number[] = [];
  const watched = (async () => {
    for await (const { status } of health.watch({ service: '' }, { deadlineMs: Infinity }))
      statuses.push(status);
  })().catch(() => undefined);
  const sampling = { ...endless, n: 96 };
  const paths: generation.GenerateResponse[] = [];
  for await (const path of client.generate({ prompts: many.slice(0, 4), sampling })) {
    if (paths.push(path) === 1) program.child.kill('SIGTERM');
  }
  expect(paths).toHaveLength(4 * 96);
  await watched;
  expect(statuses).toEqual([SERVING, NOT_SERVING]);
  const { status, log } = await program.ended;
  expect(status).toBe(0);
  expect(log).toContain('"msg":"stopped"');
  expectNoPaths(log);
});

it('ends what takes too long when its time to stop is over, in good order', async () => {
  await using program = await startProgram('generation', ['--model', model, '--drain-ms', '300']);
  using client = connect(program);
  const reading = client.generate({ prompts: many, sampling: endless })[Symbol.asyncIterator]();
  await reading.next();
  program.child.kill('SIGTERM');
  const call = collect({ [Symbol.asyncIterator]: () => reading });
  expect(await refusalOf(call)).toMatchObject({ kind: 'unavailable', reason: 'SHUTTING_DOWN' });
  expect((await program.ended).status).toBe(0);
});
