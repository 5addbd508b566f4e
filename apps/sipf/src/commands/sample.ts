import { BOUNDS, common, generation } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { mapRows } from '../files/map-rows.ts';
import type { Row } from '../files/read-rows.ts';
import { file, inBound, seconds } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import { addSamplingOptions, samplingSettings, samplingShape } from '../options/sampling-options.ts';
import { addServerOptions, remoteServer, serverShape } from '../options/server-options.ts';
import type { CommandDefinition } from './command.ts';
import { modelService } from './model-service.ts';
import { withService } from './with-service.ts';

const schema = z.object({
  ...serverShape,
  ...samplingShape,
  model: z.string().optional(),
  prompts: file,
  out: file,
  n: inBound(BOUNDS.samples),
  greedy: z.boolean().default(false),
  batch: inBound(BOUNDS.itemsPerCall),
  timeout: seconds,
});
type Flags = z.infer<typeof schema>;

const promptRow = z.object({ id: z.string().min(1).max(256).optional(), prompt: z.string() });
type PromptRow = z.infer<typeof promptRow>;

/** `sipf sample`: texts of a model for prompts in a file. */
export const sampleCommand: CommandDefinition = {
  declare: (program) => {
    const command = program
      .command('sample')
      .description('sample completions of prompts: {id, prompt} in, {id, sample_index, text, steps, ...} out')
      .option('--model <folder>', 'Hugging Face folder of the model')
      .requiredOption('--prompts <file>', 'JSONL, - for standard input')
      .option('--out <file>', 'JSONL, - for standard output', '-')
      .option('--n <count>', 'completions of each prompt', '1')
      .option('--greedy', 'the most probable token each time; temperature and seed are not used')
      .option('--batch <count>', 'prompts in one call', '64')
      .option('--timeout <seconds>', 'longest call', '1800');
    return addServerOptions(addSamplingOptions(command), 'generation');
  },
  action: async ({ flags: raw, terminal }) => {
    const flags = parseFlags(schema, raw);
    const service = await modelService('generation', { ...flags, server: remoteServer(flags) }, terminal.cwd);
    const files = { input: flags.prompts, output: flags.out, schema: promptRow, batch: flags.batch };
    await mapRows(files, terminal, (work) =>
      withService(service, terminal, async ({ address, security, signal }) => {
        const options = { ...security, signal, idempotent: true };
        using client = createClient(generation.GenerationServiceDefinition, address, options);
        await work((rows) => sample(client, rows, flags));
      }),
    );
    return EXIT.ok;
  },
};

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
  const place = ({ promptId, sampleIndex }: generation.GenerateResponse): number =>
    (order.get(promptId) ?? 0) * flags.n + sampleIndex;
  return answers.sort((a, b) => place(a) - place(b)).map(toRow);
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
