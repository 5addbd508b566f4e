// A LoRA training in a process of its own, on rows as they are or made even; prints its peak. See main.ts.
import { createTrainer, type TrainingJob } from '@sipf/learning';
import { loadModelFolder } from '@sipf/models';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../run/step.ts';
import { temporaryFolder } from '../../../support/models.ts';
import { peakMiB } from '../training/peak-memory.ts';

/** What one side reports. */
export interface RaggedReport {
  readonly peakMiB: number;
  readonly cpuMsPerStep: number;
  /** Of a batch, padding included; and without it. */
  readonly mostTokens: number;
  readonly realTokens: number;
  readonly loss: number;
}

const [side = '', folder = '', steps = '', threads = ''] = process.argv.slice(2);
const BATCH = 8;
const LONGEST = 96;

interface Row {
  readonly promptIds: number[];
  readonly completionIds: number[];
}

async function raggedRows(): Promise<Row[]> {
  const model = await loadModelFolder(folder);
  const { tokenizer } = model;
  if (tokenizer === undefined) throw new Error('--model has no tokenizer');
  const text = readFileSync(join(root, '../shared/data/word-problems/train.jsonl'), 'utf8');
  const rows = text
    .trim()
    .split('\n')
    .map((line) => {
      const { question, answer } = JSON.parse(line) as {
        readonly question: string;
        readonly answer: string;
      };
      return {
        promptIds: [...tokenizer.encode(`${question}\n`)],
        completionIds: [...tokenizer.encode(answer), 2],
      };
    });
  model.close();
  return rows.filter((row) => lengthOf(row) <= LONGEST).slice(0, BATCH * Number(steps));
}

function lengthOf({ promptIds, completionIds }: Row): number {
  return promptIds.length + completionIds.length;
}

/** A row of the longest's length, of its own tokens again and again. */
function evened(row: Row): Row {
  const ids = [...row.promptIds, ...row.completionIds];
  const filled = Array.from({ length: LONGEST }, (_, at) => ids[at % ids.length] as number);
  return {
    promptIds: filled.slice(0, LONGEST / 2),
    completionIds: filled.slice(LONGEST / 2),
  };
}

const scratch = temporaryFolder();
try {
  const rows = await raggedRows();
  const examples = side === 'even' ? rows.map(evened) : rows;
  const job: TrainingJob = {
    start: { kind: 'pretrained', folder },
    objective: { kind: 'sft' },
    trainable: {
      kind: 'lora',
      lora: { rank: 16, alpha: 32, targetModules: 'all-linear', dropout: 0 },
    },
    dataset: { kind: 'supervised', examples },
    optimiser: { maxGradientNorm: 1 },
    schedule: { kind: 'linear', learningRate: 1e-3 },
    ...{
      batchSize: BATCH,
      maxSteps: Number(steps),
      seed: 5,
      threads: Number(threads),
    },
    outputFolder: join(scratch.path, 'out'),
  };
  const trainer = createTrainer();
  let [mostTokens, loss] = [0, NaN];
  const before = process.cpuUsage();
  for await (const event of trainer.train(job)) {
    if (event.kind !== 'step') continue;
    mostTokens = Math.max(mostTokens, event.tokens);
    loss = event.values['loss'] ?? NaN;
  }
  const { user, system } = process.cpuUsage(before);
  await trainer.close();
  const realTokens = examples.reduce((sum, row) => sum + lengthOf(row), 0) / Number(steps);
  const cpuMsPerStep = (user + system) / 1000 / Number(steps);
  const report: RaggedReport = {
    peakMiB: peakMiB(),
    cpuMsPerStep,
    mostTokens,
    realTokens,
    loss,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
} finally {
  scratch.remove();
}
