import { browse, events, orchestration } from '@sipf/contracts';
import { SMALL_POLICY } from '@sipf/contracts/testing';
import { connectNatsBus, encodeIterationEvent, type NatsServer } from '@sipf/events';
import { createClient, createLogger } from '@sipf/service';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNoPaths } from '../../support/calls.ts';
import { temporaryFolder } from '../../support/models.ts';
import { hasNats, startNats } from '../../support/nats.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

/** Nobody listens there: a run logs that its first iteration has started and then waits for its services. */
const nobody = '127.0.0.1:9';
const configJson = JSON.stringify({
  method: 'sft',
  task: { name: 'arithmetic', trainProblems: 8, loopQuestions: 1, testQuestions: 4 },
  policy: SMALL_POLICY,
  sft: { learningRate: 1e-3, warmupRatio: 0 },
  sampling: { maxNewTokens: 8 },
  evaluation: { maxNewTokens: 8 },
});
const PATIENCE = { timeout: 30_000, interval: 50 };

describe.skipIf(!hasNats)('the timeline of a run', () => {
  const folder = temporaryFolder();
  const runs = join(folder.path, 'runs');
  const store = join(folder.path, 'nats');
  let nats: NatsServer;
  let program: RunningProgram;

  const start = () =>
    startProgram('orchestration', [
      ...['--runs', runs, '--artifacts', join(folder.path, 'store'), '--nats-url', nats.url],
      ...['generation', 'simulation', 'verification', 'training'].flatMap((name) => [`--${name}`, nobody]),
    ]);

  beforeAll(async () => {
    nats = await startNats(store);
    program = await start();
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await nats.stop();
    folder.remove();
    expectNoPaths(program.log());
  });

  async function timelineOf(runId: string): Promise<browse.GetTimelineResponse> {
    using client = createClient(browse.BrowseServiceDefinition, program.address);
    return await client.getTimeline({ runId });
  }

  const marksOf = async (runId: string) =>
    (await timelineOf(runId)).marks.map(
      ({ iteration, name, deliveredAt }) =>
        `${iteration} ${name}${deliveredAt === undefined ? '' : ' delivered'}`,
    );

  it('has an event wait in the log while NATS is away, and notifies watchers when it is delivered', async () => {
    using client = createClient(orchestration.OrchestrationServiceDefinition, program.address);
    const { port } = nats;
    await nats.stop();
    await client.startRun({ runId: 'one', configJson });
    await expect.poll(() => marksOf('one'), PATIENCE).toEqual(['0 started']);
    const { deliveriesNoted, entries } = await timelineOf('one');
    expect(deliveriesNoted).toBe(true);

    const heard = [];
    nats = await startNats(store, { port });
    for await (const { event } of client.watchRun({ runId: 'one', fromEntry: entries })) {
      heard.push(event);
      if (event?.$case === 'delivered') break;
    }
    expect(heard).toMatchObject([{ $case: 'delivered', value: { iteration: 0, name: 'started' } }]);
    const timeline = await timelineOf('one');
    expect(timeline.entries).toBe(entries);
    const [{ at, deliveredAt } = { at: undefined }] = timeline.marks;
    expect(deliveredAt?.getTime()).toBeGreaterThan(at?.getTime() ?? Infinity);
    await client.cancelRun({ runId: 'one' });
  });

  it('has what was published while the orchestrator was away', async () => {
    using client = createClient(orchestration.OrchestrationServiceDefinition, program.address);
    const { port } = nats;
    await nats.stop();
    await client.startRun({ runId: 'two', configJson });
    await expect.poll(() => marksOf('two'), PATIENCE).toEqual(['0 started']);
    program.child.kill('SIGKILL');
    await program.ended;
    nats = await startNats(store, { port });
    // As the one that was killed might have done at its last moment.
    const bus = await connectNatsBus({
      url: nats.url,
      log: createLogger({ service: 'test', level: 'silent' }),
    });
    const log = readFileSync(join(runs, 'two/log.jsonl'), 'utf8').split('\n');
    const index = log.findIndex((line) => line.includes('"stage-started","stage":"sft-0"'));
    await bus.publish(
      encodeIterationEvent(
        events.IterationEvent.fromPartial({
          ...{ eventId: `two/${index}/0`, runId: 'two', stage: { $case: 'started', value: {} } },
        }),
      ),
    );
    await bus.close();
    program = await start();
    await expect.poll(() => marksOf('two'), PATIENCE).toEqual(['0 started delivered']);
    expect(await marksOf('one')).toEqual(['0 started delivered']);
  });
});
