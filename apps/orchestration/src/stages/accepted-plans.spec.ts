import { BOUNDS, parseRunConfig, type RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { recipes } from '@sipf/method';
import { requireAskable } from '@sipf/outcomes';
import { planRun } from '@sipf/runs';
import { parseExemplars, taskNamed, type Problem } from '@sipf/tasks';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { computeStage } from './runners.ts';
import { numbers, settings } from './testing/bounded-numbers.ts';
import { openStageBench } from './testing/stage-bench.ts';
import { DIGEST, strictServices, type Asked } from './testing/strict-services.ts';

const optimisation = { learningRate: 1e-3 };
/** Few, because they are all drawn here. */
const few = fc.integer({ min: 1, max: 3 });
const samples = fc.record(
  {
    count: fc.oneof({ weight: 9, arbitrary: few }, { weight: 1, arbitrary: numbers(BOUNDS.samples) }),
    temperature: numbers(BOUNDS.temperature),
    k: fc.constantFrom([1], [2, 1]),
  },
  { requiredKeys: ['count'] },
);
const drawing = settings(['temperature', 'topK', 'topP', 'minP', 'repetitionPenalty']);

const choices = fc.record({
  method: fc.constantFrom(...recipes.keys()),
  task: fc.constantFrom('gsm8k', 'mbpp'),
  ...{ maxNewTokens: numbers(BOUNDS.maxNewTokens), drawing, samples, paths: few },
  hasSamples: fc.boolean(),
  divisor: fc.constantFrom(1, 2, 4),
  filter: fc.record({
    minReward: numbers(BOUNDS.minReward),
    aggregation: fc.constantFrom('mean', 'min', 'product', 'last'),
  }),
  itemsPerCall: numbers(BOUNDS.itemsPerCall),
  epochs: numbers(BOUNDS.epochs),
});
type Choices = typeof choices extends fc.Arbitrary<infer T> ? T : never;

function configOf(drawn: Choices): object {
  return {
    method: drawn.method,
    iterations: 2,
    task:
      drawn.task === 'gsm8k'
        ? { name: 'gsm8k', train: 'a', test: 'b', exemplars: 'c' }
        : { name: 'mbpp', data: 'a' },
    policy: { model: 'm' },
    simulator: { model: 'policy' },
    sft: optimisation,
    continuedSftEpochs: drawn.epochs,
    sampling: { ...drawn.drawing, maxNewTokens: 8, pathsPerQuestion: drawn.paths, divisor: drawn.divisor },
    simulation: { questions: 1, maxNewTokens: 8 },
    ...{ verifier: { optimisation }, pairs: {}, alignment: { optimisation } },
    filter: drawn.filter,
    evaluation: {
      maxNewTokens: drawn.maxNewTokens,
      validationQuestions: 1,
      ...(drawn.hasSamples ? { samples: drawn.samples } : {}),
      outOfDomain: [
        drawn.task === 'gsm8k' ? { name: 'mmlu-math', data: ['d'] } : { name: 'humaneval', data: 'd' },
      ],
    },
    limits: { itemsPerCall: drawn.itemsPerCall },
  };
}

/** Texts of which some are too long, too many or no texts at all. */
const text = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.string({ minLength: 1, maxLength: 30, unit: 'binary' }).map((some) => `a${some}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('x', 'é', '🙂'), fc.constantFrom(240, 256, 257, 250_000, 1_000_001))
      .map(([unit, times]) => unit.repeat(times)),
  },
);
const files = fc.record({
  problem: fc.record(
    { id: text, question: text, answer: fc.constant('7'), solution: fc.constant('#### 7'), preamble: text },
    { requiredKeys: ['id', 'question', 'answer', 'solution'] },
  ),
  exemplars: fc.record({
    exemplars: fc.array(fc.record({ question: text, target: text }), { minLength: 1, maxLength: 2 }),
    doc_to_text: fc.constantFrom('Q: {question}', '{question}{question}'),
    stop: fc.array(text, { maxLength: 4 }),
  }),
});

function accepted<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof SipfError && error.kind === 'invalid-argument') return undefined;
    throw error;
  }
}

/** As the data stage looks at them. */
function areAskable(config: RunConfig, problem: Problem, exemplars: string): boolean {
  const task = taskNamed(config.task.name);
  const check = (): true => {
    requireAskable(task, [problem], { source: 'a', style: { kind: 'zero-shot' } });
    if (config.task.name === 'gsm8k') {
      requireAskable(task, [problem], { source: 'c', style: parseExemplars(exemplars, 'c') });
    }
    return true;
  };
  return accepted(check) ?? false;
}

const chosen: Choices = {
  ...{ method: 'sipf', task: 'mbpp', maxNewTokens: 8, drawing: {}, samples: { count: 2 }, paths: 2 },
  ...{ hasSamples: true, divisor: 2, filter: { minReward: 0.5, aggregation: 'mean' } },
  ...{ itemsPerCall: 4, epochs: 1 },
};
const usualFiles = {
  problem: { id: 'a', question: 'q?', answer: '7', solution: '#### 7' },
  exemplars: { exemplars: [{ question: 'q?', target: '7' }], doc_to_text: 'Q: {question}', stop: ['Q:'] },
};
/** What is always among what is tried, so that every service is asked. */
const USUAL: [Choices, typeof usualFiles][] = [
  [chosen, usualFiles],
  [{ ...chosen, method: 'cot', task: 'gsm8k' }, usualFiles],
  [{ ...chosen, method: 'prft', task: 'gsm8k' }, usualFiles],
];

/** Every stage of the plan but the first, which reads files, and the report, which asks nobody. */
async function ask(config: object, problem: Problem, exemplars: string): Promise<Asked> {
  const asked: Asked = { calls: [], refused: [] };
  const write = (index: number): string =>
    `y = ${index} # <<${index}+1=${index + 1}>>\n#### ${index % 2 === 0 ? 7 : 8}`;
  using bench = openStageBench(config, strictServices(asked, write));
  const all = [problem];
  const splits = { train: all, loop: all, test: all, validation: all, 'mmlu-math': all, humaneval: all };
  const parsed = parseRunConfig(config);
  const shown = parsed.task.name === 'gsm8k' ? { exemplars: [exemplars] } : {};
  await bench.leave('data', { ...splits, ...shown, policy: DIGEST });
  for (const { id, kind } of planRun(parsed)) {
    if (kind !== 'data' && kind !== 'report') await bench.run(id, (context) => computeStage(kind, context));
  }
  return asked;
}

it('what a run accepts, settings and data, every stage of its plan accepts', async () => {
  const calls = new Set<string>();
  let ran = 0;
  const property = fc.asyncProperty(choices, files, async (drawn, { problem, exemplars }) => {
    const wanted = configOf(drawn);
    const config = accepted(() => parseRunConfig(wanted));
    const examples = JSON.stringify(exemplars);
    if (config === undefined || !areAskable(config, problem, examples)) return;
    const asked = await ask(wanted, problem, examples);
    expect(asked.refused).toEqual([]);
    ran++;
    for (const call of asked.calls) calls.add(call);
  });
  await fc.assert(property, { numRuns: 24, examples: USUAL });
  expect(ran).toBeGreaterThan(USUAL.length);
  expect([...calls].sort()).toEqual(['execute', 'generate', 'labelSteps', 'score', 'train']);
}, 60_000);
