import { training } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/models.ts';
import { startProgram } from '../support/start-program.ts';
import { isAbsent, shardedCommand, SHARDINGS, type Sharded } from './support/sharded-trainer.ts';
import {
  follow,
  furthest,
  LIMIT_MS,
  TrlServices,
  type Followed,
  type Tensors,
} from './support/trl-service.ts';

const STEPS = 16;
const { JobState } = training;

for (const sharding of SHARDINGS)
  describe.skipIf(isAbsent(sharding))(
    `a training by TRL whose processes share the weights by ${sharding}`,
    () => {
      const folder = temporaryFolder();
      let services: TrlServices;
      let spec: training.JobSpec;
      let undisturbed: Followed;
      let tensors: Tensors;

      beforeAll(async () => {
        services = new TrlServices(folder.path);
        spec = await services.spec(STEPS);
        undisturbed = await services.run('undisturbed', spec, trainerFlags(sharding));
        tensors = await services.tensors(undisturbed);
      }, LIMIT_MS);
      afterAll(folder.remove);

      const trainerFlags = (by: Sharded): string[] => [
        ...['--trainer', 'trl', '--trainer-command', shardedCommand(folder.path, sharding)],
        ...['--trainer-processes', '2', '--trainer-sharding', by, '--checkpoint-every', '2'],
      ];

      it(
        'has the engine’s losses, and leaves its tensors whole, each once',
        async () => {
          const engine = await services.run('engine', spec);
          expect(engine.losses).toHaveLength(STEPS);
          engine.losses.forEach((loss, step) => {
            expect(Math.abs((undisturbed.losses[step] ?? NaN) / loss - 1)).toBeLessThan(1e-4);
          });
          const own = await services.tensors(engine);
          expect([...tensors.keys()]).toEqual([...own.keys()]);
          expect(furthest(own, tensors)).toBeLessThan(1e-3);
        },
        LIMIT_MS,
      );

      it(
        'resumes from its checkpoint after it was killed, to the same result; no other sharding takes the checkpoint',
        async () => {
          const before = await services.kill('killed', spec, trainerFlags(sharding));
          cpSync(join(folder.path, 'killed'), join(folder.path, 'other'), { recursive: true });

          await using other = await startProgram('training', services.flags('other', trainerFlags('ddp')));
          using stranger = createClient(training.TrainingServiceDefinition, other.address);
          const { job: refused } = await follow(stranger, 'killed');
          expect(refused?.state).toBe(JobState.FAILED);
          expect(refused?.failure).toContain(`the job's checkpoints are of ${sharding} on 2 processes`);

          const ended = await services.resume('killed', before, trainerFlags(sharding));
          expect([ended.steps, ended.losses]).toEqual([undisturbed.steps, undisturbed.losses]);
          const same = await services.tensors(ended);
          expect([...same.keys()]).toEqual([...tensors.keys()]);
          expect(furthest(tensors, same)).toBe(0);
        },
        LIMIT_MS,
      );
    },
  );
