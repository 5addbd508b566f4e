import { common, generation, orchestration } from '@sipf/contracts';
import { createClient, createLogger, createService, implement, serviceSettings } from '@sipf/service';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collect } from '../../support/calls.ts';
import { answering, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram } from '../../support/start-program.ts';

it('asks its services for the work of each run as bulk work of a client of its own', async () => {
  const folder = temporaryFolder();
  const asked: generation.GenerateRequest[] = [];
  // A generation service that keeps who asked: the real one answers without saying.
  const service = createService({
    name: 'generation',
    implementations: [
      implement(generation.GenerationServiceDefinition, {
        async *generate(request) {
          asked.push(request);
          for (const { id } of request.prompts) {
            yield await Promise.resolve(
              generation.GenerateResponse.create({ promptId: id, text: '#### 1', model: request.model }),
            );
          }
        },
        info: () => Promise.resolve(generation.InfoResponse.create()),
        prepare: () => Promise.resolve(generation.PrepareResponse.create()),
      }),
    ],
    settings: serviceSettings({}),
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  const { address } = await service.start();
  const model = await writeModel(folder.path, 'policy', answering());
  const config = {
    method: 'cot-zero-shot',
    task: { name: 'arithmetic', trainProblems: 1, loopQuestions: 1, testQuestions: 4, simulatorProblems: 1 },
    policy: { model },
    sampling: { maxNewTokens: 8 },
    evaluation: { maxNewTokens: 8 },
  };
  {
    await using program = await startProgram('orchestration', [
      ...['--runs', join(folder.path, 'runs'), '--artifacts', join(folder.path, 'store')],
      ...['--generation', address],
      ...['simulation', 'verification', 'training'].flatMap((name) => [`--${name}`, '127.0.0.1:9']),
    ]);
    using client = createClient(orchestration.OrchestrationServiceDefinition, program.address);
    for (const runId of ['one', 'other']) {
      await client.startRun({ runId, configJson: JSON.stringify(config) });
      const watched = await collect(client.watchRun({ runId, fromEntry: 0n }));
      expect(watched.at(-1)?.event).toMatchObject({
        $case: 'ended',
        value: { state: orchestration.RunState.SUCCEEDED },
      });
    }
  }
  await service.stop();
  folder.remove();
  expect([...new Set(asked.map(({ clientId }) => clientId))]).toEqual(['one', 'other']);
  expect(new Set(asked.map(({ priority }) => priority))).toEqual(new Set([common.Priority.BULK]));
});
