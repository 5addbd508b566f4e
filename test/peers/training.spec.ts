import { createScorer } from '@sipf/inference';
import {
  addReferenceLogProbs,
  parseTrainingRow,
  preferenceExample,
  rewardExample,
  runTraining,
  supervisedExample,
  type PreferenceExample,
  type PreferenceRow,
  type RewardExample,
  type StepwiseRow,
  type SupervisedRow,
  type TrainingDataset,
  type TrainingJob,
} from '@sipf/learning';
import { loadTokenizer, type ObjectiveSettings } from '@sipf/models';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomModel, randomVerifier, temporaryFolder, writeModel } from '../support/models.ts';
import { askPeer, PEER_LIMIT_MS, peersAreAbsent } from '../support/peer.ts';

const STEPS = 3;
const TOLERANCE = 1e-5;
const settings = { learningRate: 2e-3, weightDecay: 10, maxGradNorm: 0.5, steps: STEPS };
/** A message's text and its end; an answer has a mark of its own before it. */
const TEMPLATE = [
  "{% for m in messages %}{{ '<s>' if m.role == 'assistant' else '' }}{{ m.content }}</s>{% endfor %}",
  "{{ '<s>' if add_generation_prompt else '' }}",
].join('');

/** Eight rows of which no two are equally long. */
const rows = Array.from({ length: 8 }, (_, index) => index + 2).map((n) => ({
  prompt: `${'1+'.repeat(n % 3)}${n}=\n`,
  good: `<<${n}+1=${n + 1}>>${n + 1}\n#### ${'1'.repeat(n)}`,
  bad: `<<${n}*2=${2 * n}>>${2 * n}\n`,
}));
const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

const supervised = {
  text: rows.map(({ prompt, good }) => ({ prompt, completion: good })),
  // The end token is there already.
  ended: rows.map(({ prompt, good }) => ({ prompt, completion: `${good}</s>` })),
  conversation: rows.map(({ prompt, good }) => ({ prompt: [user(prompt)], completion: [assistant(good)] })),
  messages: rows.map(({ prompt, good }) => ({ messages: [user(prompt), assistant(good)] })),
};
const pairs = {
  text: rows.map(({ prompt, good, bad }) => ({ prompt, chosen: good, rejected: bad })),
  implicit: rows.map(({ prompt, good, bad }) => ({ chosen: prompt + good, rejected: prompt + bad })),
  conversation: rows.map(({ prompt, good, bad }) => ({
    ...{ prompt: [user(prompt)], chosen: [assistant(good)], rejected: [assistant(bad)] },
  })),
  implicitConversation: rows.map(({ prompt, good, bad }) => ({
    chosen: [user(prompt), assistant(good)],
    rejected: [user(prompt), assistant(bad)],
  })),
};
const paths = rows.map(({ prompt, good, bad }, index) => ({
  prompt,
  completions: [bad, good],
  labels: [index % 2 === 0, index % 3 === 0 ? null : 1],
}));

/** Rows, batch, parts and epochs: whole and partial batches, whole and partial parts, parts of epochs. */
const UPDATES: readonly (readonly [number, number, number, number])[] = [
  [8, 4, 1, 1],
  [9, 4, 2, 1],
  [9, 4, 2, 0.1],
  [10, 4, 4, 2.5],
  [7, 8, 2, 1.01],
  [100, 16, 4, 0.33],
];

interface Case {
  readonly name: string;
  readonly trainer: string;
  readonly rows: readonly object[];
  readonly dataset: TrainingDataset;
  readonly objective: ObjectiveSettings;
  /** @default 1 */
  readonly accumulation?: number;
  /** For the peer beside the rows. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

describe.skipIf(peersAreAbsent('losses of training steps'))('losses of training steps', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);
  let cases: Case[] = [];
  let base = '';
  let verifier = '';
  let answer: { readonly losses: Record<string, number[]>; readonly updates: number[] };

  beforeAll(async () => {
    base = await writeModel(folder.path, 'base', randomModel('base'));
    verifier = await writeModel(folder.path, 'verifier', randomVerifier('verifier'));
    writeFileSync(join(base, 'chat_template.jinja'), TEMPLATE);
    cases = await casesOf();
    answer = askPeer(import.meta.url, 'training.py', {
      ...{ base, verifier, folder: join(folder.path, 'out'), updates: UPDATES },
      cases: cases.map((one) => ({
        ...one.extra,
        ...{ name: one.name, trainer: one.trainer, rows: peerRows(one) },
        optimisation: { ...settings, ...shares(one) },
      })),
    });
  }, PEER_LIMIT_MS);

  async function casesOf(): Promise<Case[]> {
    const tokenizer = loadTokenizer(base);
    const learnt = (values: readonly object[]) => ({
      rows: values,
      dataset: {
        kind: 'supervised' as const,
        examples: values.map((value) =>
          supervisedExample(tokenizer, parseTrainingRow('supervised', value).row as SupervisedRow),
        ),
      },
    });
    const preferred = async (values: readonly object[]) => {
      const examples = values.map((value) =>
        preferenceExample(tokenizer, parseTrainingRow('preference', value).row as PreferenceRow),
      );
      return { rows: values, dataset: await withReference(base, examples) };
    };
    const judged = paths.map((value) =>
      rewardExample(tokenizer, parseTrainingRow('reward', value).row as StepwiseRow, {
        ...{ promptTemplate: '', softLabels: false, outcomeOnly: false },
      }),
    );
    const sft = { trainer: 'sft', objective: { kind: 'sft' } } as const;
    const dpo = { trainer: 'dpo', objective: { kind: 'dpo', beta: 0.1 }, extra: { beta: 0.1 } } as const;
    const orpo = { kind: 'orpo', lambda: 0.3, nll: 'sequence' } as const;
    const rpo = { kind: 'rpo', beta: 0.1, nllWeight: 0.7 } as const;
    const text = await preferred(pairs.text);
    return [
      { ...sft, ...learnt(supervised.text), name: 'SFT' },
      { ...sft, ...learnt(supervised.text), name: 'SFT in four parts', accumulation: 4 },
      { ...sft, ...learnt(supervised.ended), name: 'SFT of ended texts' },
      { ...sft, ...learnt(supervised.conversation), name: 'SFT of conversations' },
      { ...sft, ...learnt(supervised.messages), name: 'SFT of messages' },
      { ...text, name: 'ORPO', trainer: 'orpo', objective: orpo, extra: { lambda: 0.3 } },
      { ...dpo, ...text, name: 'DPO' },
      { ...dpo, ...(await preferred(pairs.implicit)), name: 'DPO of implicit prompts' },
      { ...dpo, ...(await preferred(pairs.conversation)), name: 'DPO of conversations' },
      { ...dpo, ...(await preferred(pairs.implicitConversation)), name: 'DPO of whole conversations' },
      { ...text, name: 'RPO', trainer: 'rpo', objective: rpo, extra: { beta: 0.1, nllWeight: 0.7 } },
      {
        ...{ name: 'PRM', trainer: 'prm', objective: { kind: 'process-reward' }, rows: paths },
        dataset: { kind: 'reward', examples: judged },
      },
    ];
  }

  /** The engine's losses of the same updates. */
  async function ours(one: Case): Promise<number[]> {
    const { dataset, objective, accumulation = 1 } = one;
    const job: TrainingJob = {
      start: { kind: 'pretrained', folder: dataset.kind === 'reward' ? verifier : base },
      ...{ objective, dataset, accumulation, trainable: { kind: 'full' } },
      optimiser: {
        weightDecay: settings.weightDecay,
        maxGradientNorm: settings.maxGradNorm,
        decay: 'matrices',
      },
      schedule: { kind: 'linear', learningRate: settings.learningRate },
      ...{ batchSize: 8, maxSteps: STEPS, seed: 1, outputFolder: join(folder.path, `ours ${one.name}`) },
    };
    const losses: number[] = [];
    for await (const event of runTraining(job, new AbortController().signal))
      if (event.kind === 'step') losses.push(event.values['loss'] ?? NaN);
    return losses;
  }

  it('are those of TRL, of transformers where it has no trainer, and of the formula', async () => {
    for (const one of cases) {
      const theirs = answer.losses[one.name] ?? [];
      const own = await ours(one);
      expect(own, one.name).toHaveLength(STEPS);
      expect(theirs, one.name).toHaveLength(STEPS);
      own.forEach((loss, step) => {
        const difference = Math.abs(loss - (theirs[step] ?? NaN));
        expect(difference, `${one.name}: ${own.join()} against ${theirs.join()}`).toBeLessThan(TOLERANCE);
      });
    }
  });

  it('distinguish one end token from two', () => {
    expect(answer.losses['SFT of ended texts']).toEqual(answer.losses['SFT']);
  });

  it('come from as many updates as transformers makes', () => {
    const own = UPDATES.map(([count, batch, , epochs]) => Math.ceil(epochs * Math.ceil(count / batch)));
    expect(own).toEqual(answer.updates);
  });
});

async function withReference(
  folder: string,
  examples: readonly PreferenceExample[],
): Promise<TrainingDataset> {
  const scorer = await createScorer({ folder });
  try {
    return { kind: 'preference', examples: await addReferenceLogProbs(examples, scorer) };
  } finally {
    await scorer.close();
  }
}

/** A path as tokens, with the label of each: where steps end is ours to say. */
function tokensOf({ ids, stepEnds, labels }: RewardExample): object {
  const marked = ids.map(() => -100);
  stepEnds.forEach((end, step) => (marked[end] = labels[step] ?? -100));
  return { ids, labels: marked };
}

function peerRows({ rows: own, dataset }: Case): readonly object[] {
  return dataset.kind === 'reward' ? dataset.examples.map(tokensOf) : own;
}

function shares({ accumulation = 1 }: Case): { rows: number; accumulation: number } {
  return { rows: 8 / accumulation, accumulation };
}
