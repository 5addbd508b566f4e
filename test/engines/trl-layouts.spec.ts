import { training } from '@sipf/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/models.ts';
import { rewardModel } from '../support/reward-model.ts';
import { isAbsent, shardedCommand, type Sharded } from './support/sharded-trainer.ts';
import { LIMIT_MS, TrlServices, type TrainingWork } from './support/trl-service.ts';

const STEPS = 4;
const { Precision, Quantisation } = training;
const SUPERVISED: NonNullable<training.JobSpec['objective']> = {
  $case: 'supervised',
  value: training.SupervisedObjective.fromPartial({}),
};
const lora = training.LoraSettings.fromPartial({
  ...{ rank: 4, alpha: 8, targetModules: ['q_proj', 'v_proj', 'down_proj'] },
});
const onNf4 = { ...lora, quantisation: Quantisation.NF4 };

interface Layout {
  readonly what: string;
  readonly sharding: Sharded;
  readonly work: TrainingWork;
  /** Largest difference of a loss from the engine's, as a share of it. */
  readonly tolerance: number;
}

/** What clusters train with: adapters on weights of 4 or 16 bits, policies and reward models. */
const LAYOUTS: readonly Layout[] = [
  {
    ...{ what: 'an adapter on nf4, each process with the whole model', sharding: 'ddp', tolerance: 1e-5 },
    work: { rows: 'supervised', objective: SUPERVISED, lora: onNf4 },
  },
  {
    ...{ what: 'a reward model by an adapter on nf4', sharding: 'ddp', tolerance: 1e-5 },
    work: { rows: 'stepwise', objective: rewardModel({}), lora: onNf4 },
  },
  {
    ...{ what: 'an adapter on shared weights of bfloat16', sharding: 'fsdp2', tolerance: 2e-2 },
    work: { rows: 'supervised', objective: SUPERVISED, lora, precision: Precision.BFLOAT16 },
  },
  {
    ...{ what: 'a reward model by an adapter on shared weights', sharding: 'fsdp2', tolerance: 1e-4 },
    work: { rows: 'stepwise', objective: rewardModel({}), lora },
  },
  {
    ...{ what: 'an adapter on shared weights', sharding: 'zero3', tolerance: 1e-4 },
    work: { rows: 'supervised', objective: SUPERVISED, lora },
  },
];

const jobOf = (words: string): string => words.replaceAll(/[^a-z0-9]+/g, '-');

for (const sharding of ['ddp', 'fsdp2', 'zero3'] as const)
  describe.skipIf(isAbsent(sharding))(`adapters trained by TRL on two processes by ${sharding}`, () => {
    const folder = temporaryFolder();
    afterAll(folder.remove);
    const services = new TrlServices(folder.path);
    const trainer = [
      ...['--trainer', 'trl', '--trainer-command', shardedCommand(folder.path, sharding)],
      ...['--trainer-processes', '2', '--trainer-sharding', sharding],
    ];

    it.each(LAYOUTS.filter((layout) => layout.sharding === sharding))(
      '$what: the engine’s losses, and an adapter that is whole and another one than at the start',
      async ({ what, work, tolerance }) => {
        const spec = await services.spec(STEPS, work);
        const trained = await services.run(jobOf(`${what} by trl`), spec, trainer);
        // The engine keeps what is frozen in float32.
        const same = await services.spec(STEPS, { ...work, precision: Precision.UNSPECIFIED });
        const engine = await services.run(jobOf(what), same);
        expect(engine.losses).toHaveLength(STEPS);
        engine.losses.forEach((loss, step) => {
          expect(Math.abs((trained.losses[step] ?? NaN) / loss - 1)).toBeLessThan(tolerance);
        });
        const [own, theirs] = [await services.adapter(engine), await services.adapter(trained)];
        expect([...theirs.keys()]).toEqual([...own.keys()]);
        const moved = [...theirs].filter(([name]) => name.includes('lora_B'));
        expect(moved.length).toBeGreaterThan(0);
        for (const [, values] of moved) expect(values.some((value) => value !== 0)).toBe(true);
        for (const [name, values] of theirs) expect(values, name).toHaveLength(own.get(name)?.length ?? 0);
      },
      LIMIT_MS,
    );
  });
