import { training } from '@sipf/contracts';
import type { TokenClassificationHead } from '@sipf/models';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/models.ts';
import { rewardModel } from '../support/reward-model.ts';
import { isAbsent, SHARDINGS, shardedCommand, type Sharded } from './support/sharded-trainer.ts';
import {
  furthest,
  LIMIT_MS,
  TrlServices,
  type Followed,
  type Tensors,
  type TrainingWork,
} from './support/trl-service.ts';

const STEPS = 4;
const RESUMED_STEPS = 16;
const { Precision, Quantisation, VerifierHead } = training;
const { BFLOAT16 } = Precision;
const shared = { adapterOn: Quantisation.UNSPECIFIED };
const onNf4 = { adapterOn: Quantisation.NF4 };

const headOf = (features: TokenClassificationHead['features']): TokenClassificationHead => ({
  ...{ kind: 'token-classification', numLabels: 2, features },
});
const supervised: TrainingWork = {
  rows: 'supervised',
  objective: { $case: 'supervised', value: training.SupervisedObjective.fromPartial({}) },
};
const dpo: TrainingWork = {
  rows: 'preference',
  objective: {
    $case: 'preference',
    value: training.PreferenceObjective.fromPartial({ loss: training.PreferenceLoss.DPO, beta: 0.1 }),
  },
};
const reward: TrainingWork = { rows: 'stepwise', objective: rewardModel({}), head: headOf('hidden') };
const confident: TrainingWork = {
  ...{ rows: 'stepwise', objective: rewardModel({ head: VerifierHead.HIDDEN_CONFIDENCE }) },
  head: headOf('hidden+confidence'),
};

interface Layout {
  readonly what: string;
  readonly work: TrainingWork;
  /** Largest difference of a loss from the engine's, as a share of it. @default 1e-5: sums of float32 in another order */
  readonly tolerance?: number;
  /** Whether losses are compared with those by ddp in the same precision: rounding alone moves them further. */
  readonly isRounded?: boolean;
}

/** bfloat16 has 8 bits: a weight is rounded by up to 2^-9 of itself. */
const short = { tolerance: 2e-2 };

/** What clusters train with: adapters, merged ones and heads on weights of 4, 16 or 32 bits, policies and reward models. */
const LAYOUTS: Readonly<Record<Sharded, readonly Layout[]>> = {
  ddp: [
    { what: 'an adapter on nf4', work: { ...supervised, ...onNf4 } },
    { what: 'a reward model by an adapter on nf4', work: { ...reward, ...onNf4 } },
  ],
  fsdp2: [
    { what: 'an adapter on bfloat16', work: { ...supervised, ...shared, precision: BFLOAT16 }, ...short },
    { what: 'DPO of an adapter on bfloat16', work: { ...dpo, ...shared, precision: BFLOAT16 }, ...short },
    {
      ...{ what: 'a reward model by an adapter on bfloat16', isRounded: true },
      work: { ...reward, ...shared, precision: BFLOAT16 },
    },
    { what: 'a reward model by an adapter', work: { ...reward, ...shared } },
  ],
  zero3: [
    { what: 'an adapter', work: { ...supervised, ...shared } },
    { what: 'a reward model with confidence by an adapter', work: { ...confident, ...shared } },
    { what: 'DPO from a merged adapter', work: { ...dpo, merges: true } },
    { what: 'the head alone', work: { ...reward, objective: rewardModel({ headOnly: true }) } },
  ],
};

const jobOf = (words: string): string => words.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

const trainerBy = (folder: string, sharding: Sharded): string[] => [
  ...['--trainer', 'trl', '--trainer-command', shardedCommand(folder, sharding)],
  ...['--trainer-processes', '2', '--trainer-sharding', sharding, '--checkpoint-every', '2'],
];

for (const sharding of ['ddp', ...SHARDINGS] as const)
  describe.skipIf(isAbsent(sharding))(
    `adapters and heads trained by TRL on two processes by ${sharding}`,
    () => {
      const folder = temporaryFolder();
      afterAll(folder.remove);
      const services = new TrlServices(folder.path);
      const trainer = trainerBy(folder.path, sharding);

      /** An adapter, or the whole model where only a head is trained. */
      function trainedBy(followed: Followed): Promise<Tensors> {
        const adapter = followed.job?.result?.adapterDigest ?? '';
        return adapter === '' ? services.tensors(followed) : services.adapterTensors(adapter);
      }

      it.each(LAYOUTS[sharding])(
        '$what: the engine’s losses, and all of its tensors, each of them trained',
        async ({ what, work, tolerance = 1e-5, isRounded = false }) => {
          const spec = await services.spec(STEPS, work);
          const trained = await services.run(jobOf(`${what} by trl`), spec, trainer);
          // The engine keeps what is frozen in float32.
          const same = await services.spec(STEPS, { ...work, precision: Precision.UNSPECIFIED });
          const expected = isRounded
            ? await services.run(jobOf(`${what} by ddp`), spec, trainerBy(folder.path, 'ddp'))
            : await services.run(jobOf(what), same);
          expect([expected.losses.length, trained.losses.length]).toEqual([STEPS, STEPS]);
          const apart = expected.losses.map((loss, step) =>
            Math.abs((trained.losses[step] ?? NaN) / loss - 1),
          );
          expect(
            Math.max(...apart),
            `${expected.losses.join()} against ${trained.losses.join()}`,
          ).toBeLessThan(tolerance);
          const [own, theirs] = [await trainedBy(expected), await trainedBy(trained)];
          expect([...theirs.keys()].sort()).toEqual([...own.keys()].sort());
          if (work.adapterOn === undefined) return;
          const start = await services.adapterTensors(spec.baseModel?.adapterDigest ?? '');
          expect([...theirs.keys()].sort()).toEqual([...start.keys()].sort());
          for (const [name, values] of theirs)
            expect(furthest(new Map([[name, values]]), start), name).toBeGreaterThan(0);
        },
        LIMIT_MS,
      );

      // By ddp it is every suite's: test/integration/training.
      if (sharding === 'ddp') return;
      it(
        'resume after they were killed, to the same losses and the same bits',
        async () => {
          const spec = await services.spec(RESUMED_STEPS, { ...reward, ...shared });
          const undisturbed = await services.run('undisturbed', spec, trainer);
          const before = await services.kill('killed', spec, trainer);
          const resumed = await services.resume('killed', before, trainer);
          expect([resumed.steps, resumed.losses]).toEqual([undisturbed.steps, undisturbed.losses]);
          expect(resumed.job?.result?.adapterDigest).not.toBe('');
          expect(resumed.job?.result).toEqual(undisturbed.job?.result);
        },
        LIMIT_MS,
      );
    },
  );
