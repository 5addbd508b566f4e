import { bounded, BOUNDS, common, MAX_ID, MAX_TEXT, REQUEST_ROOM, generation } from '@sipf/contracts';
import { createClient, file, seconds, text, type ServiceClient } from '@sipf/service';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { mapRows } from '../files/map-rows.ts';
import type { Row } from '../files/read-rows.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import { samplingFlags, samplingSettings } from '../options/sampling-options.ts';
import { remoteServer, serverShape } from '../options/server-options.ts';
import { modelService } from './model-service.ts';
import { withService } from './with-service.ts';

const shape = {
  model: text('folder').optional().describe('Hugging Face folder of the model'),
  prompts: file.describe('JSONL, - for standard input'),
  out: file.default('-').describe('JSONL, - for standard output'),
  n: bounded(BOUNDS.samples).default(1).describe('completions of each prompt'),
  greedy: z
    .boolean()
    .default(false)
    .describe('the most probable token each time; temperature and seed are not used'),
  batch: bounded(BOUNDS.itemsPerCall).default(64).describe('prompts in one call'),
  timeout: seconds.default(1800).describe('longest call'),
  ...samplingFlags,
  ...serverShape('generation'),
} as const;
type Flags = FlagsOf<typeof shape>;

const promptRow = z.object({
  id: z.string().min(1).max(MAX_ID).optional(),
  prompt: z.string().max(MAX_TEXT),
});
type PromptRow = z.infer<typeof promptRow>;

/** `sipf sample`: texts of a model for prompts in a file. */
export const sampleCommand = defineCommand({
  name: 'sample',
  description: 'sample completions of prompts: {id, prompt} in, {id, sample_index, text, steps, ...} out',
  shape,
  action: async ({ flags, terminal }) => {
    const service = await modelService('generation', { ...flags, server: remoteServer(flags) }, terminal);
    const files = {
      input: flags.prompts,
      output: flags.out,
      schema: promptRow,
      batch: flags.batch,
      batchBytes: REQUEST_ROOM.whole,
    };
    await mapRows(files, terminal, (work) =>
      withService(service, terminal, async ({ address, security, signal }) => {
        const options = { ...security, signal, idempotent: true };
        using client = createClient(generation.GenerationServiceDefinition, address, options);
        await work((rows) => sample(client, rows, flags));
      }),
    );
    return EXIT.ok;
  },
});

async function sample(
  client: ServiceClient<generation.GenerationServiceDefinition>,
  rows: readonly Row<PromptRow>[],
  flags: Flags,
): Promise<readonly unknown[]> {
  const prompts = rows.map(({ value, line }) => ({ id: value.id ?? String(line), text: value.prompt }));
  const sampling = samplingSettings(flags, { n: flags.n, greedy: flags.greedy });
  const request = generation.GenerateRequest.fromPartial({
    prompts,
    sampling,
    priority: common.Priority.BULK,
  });
  const answers: generation.GenerateResponse[] = [];
  const deadlineMs = flags.timeout * 1000;
  for await (const answer of client.generate(request, { deadlineMs })) answers.push(answer);
  const order = new Map(prompts.map(({ id }, index) => [id, index]));
  const rank = ({ promptId, sampleIndex }: generation.GenerateResponse): number =>
    (order.get(promptId) ?? 0) * flags.n + sampleIndex;
  return answers.sort((a, b) => rank(a) - rank(b)).map(toRow);
}

const FINISH_REASONS: Readonly<Record<number, string>> = {
  [generation.FinishReason.END_OF_SEQUENCE]: 'end-of-sequence',
  [generation.FinishReason.STOP_STRING]: 'stop-string',
  [generation.FinishReason.LENGTH]: 'length',
};

function toRow(answer: generation.GenerateResponse): Record<string, unknown> {
  return {
    id: answer.promptId,
    sample_index: answer.sampleIndex,
    text: answer.text,
    steps: answer.steps,
    mean_log_prob: answer.meanLogProb,
    finish_reason: FINISH_REASONS[answer.finishReason] ?? 'unknown',
    token_count: answer.tokenCount,
  };
}
