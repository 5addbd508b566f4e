import { common, generation } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, expectNoPaths, refusalOf } from '../../support/calls.ts';
import { answering, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const sampling = common.SamplingSettings.fromPartial({ n: 2, temperature: 1, maxNewTokens: 8, seed: 1n });
const question = 'How many pens are left?\n';
let program: RunningProgram;
let client: ServiceClient<generation.GenerationServiceDefinition>;

beforeAll(async () => {
  program = await startProgram('generation', [
    '--model',
    await writeModel(folder.path, 'model', answering()),
  ]);
  client = createClient(generation.GenerationServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
  expectNoPaths(program.log());
});

function ask(text: string, changes: Partial<common.SamplingSettings> = {}) {
  return collect(client.generate({ prompts: [{ id: 'q', text }], sampling: { ...sampling, ...changes } }));
}

it.each([
  ['no samples', { n: 0 }, 'sampling.n'],
  ['a negative temperature', { temperature: -1 }, 'sampling.temperature'],
  ['a temperature that is not a number', { temperature: Number.NaN }, 'sampling.temperature'],
  ['more mass than there is', { topP: 1.5 }, 'sampling.top_p'],
  ['no tokens', { maxNewTokens: 0 }, 'sampling.max_new_tokens'],
  ['an empty stop string', { stopStrings: [''] }, 'sampling.stop_strings[0]'],
  ['several greedy samples', { greedy: true }, 'sampling.n'],
  ['a temperature whose inverse is infinite', { temperature: 1e-38 }, 'sampling.temperature'],
  ['no mass at all, but for 0, which is unset', { topP: 1e-300 }, 'sampling.top_p'],
  ['an infinite penalty', { repetitionPenalty: Infinity }, 'sampling.repetition_penalty'],
  ['more tokens than may be', { maxNewTokens: 2 ** 31 }, 'sampling.max_new_tokens'],
])('refuses %s, names the field, and keeps serving', async (_what, changes, field) => {
  const refusal = await refusalOf(ask(question, changes));
  expect(refusal).toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
  expect(refusal.violations.map((violation) => violation.field)).toContain(field);
  expect(await ask(question)).toHaveLength(2);
});

it.each<[string, Partial<generation.GenerateRequest>, string]>([
  ['a priority that has no name', { priority: 77 as common.Priority }, 'priority'],
  ['a rule that has no name', { stepRule: 9 as common.StepRule }, 'step_rule'],
  ['a rule by which nothing is cut here', { stepRule: common.StepRule.BLANK_LINE }, 'step_rule'],
  ['more alternatives than are returned', { topLogProbs: 21, returnDetails: true }, 'top_log_probs'],
  ['alternatives to nothing', { topLogProbs: 1 }, 'top_log_probs'],
])('refuses %s over the wire', async (_what, changes, field) => {
  const request = generation.GenerateRequest.fromPartial({
    ...{ prompts: [{ id: 'q', text: question }], sampling: { n: 1, temperature: 1, maxNewTokens: 1 } },
    ...changes,
  });
  const refusal = await refusalOf(collect(client.generate(request)));
  expect(refusal).toMatchObject({ kind: 'invalid-argument', violations: [{ field }] });
});

it('refuses a request without prompts and one with the same prompt twice', async () => {
  for (const prompts of [[], [{ id: 'q' }, { id: 'q' }]]) {
    const refusal = await refusalOf(collect(client.generate({ prompts, sampling })));
    expect(refusal).toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
  }
});

it('refuses ten megabytes of text by the size of the message, and keeps serving', async () => {
  expect(await refusalOf(ask('x'.repeat(10 * 1024 * 1024)))).toMatchObject({ kind: 'resource-exhausted' });
  expect(await ask(question)).toHaveLength(2);
});

it('refuses more text than a prompt may have', async () => {
  const refusal = await refusalOf(ask('x'.repeat(1_000_001)));
  expect(refusal).toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
  expect(refusal.violations[0]?.field).toBe('prompts[0].text');
});

it('writes nothing after a prompt that fills the model, and the other prompts are answered', async () => {
  const prompts = [
    { id: 'long', text: question.repeat(40_000) },
    { id: 'short', text: question },
  ];
  const paths = await collect(client.generate({ prompts, sampling }));
  const { LENGTH, END_OF_SEQUENCE } = generation.FinishReason;
  const of = (id: string) => paths.filter(({ promptId }) => promptId === id);
  expect(of('long')).toMatchObject(
    [0, 1].map((sampleIndex) => ({ sampleIndex, text: '', finishReason: LENGTH })),
  );
  expect(of('short').map(({ finishReason }) => finishReason)).toEqual([END_OF_SEQUENCE, END_OF_SEQUENCE]);
});

it('ends at a stop string and leaves it out', async () => {
  const paths = await ask(question, { stopStrings: ['1', '2'] });
  const { STOP_STRING } = generation.FinishReason;
  expect(paths.map(({ text, finishReason }) => [text, finishReason])).toEqual([
    ['#### ', STOP_STRING],
    ['#### ', STOP_STRING],
  ]);
});
