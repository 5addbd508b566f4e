import { BOUNDS, common, verification } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { z } from 'zod';
import { mapRows } from '../files/map-rows.ts';
import type { Row } from '../files/read-rows.ts';
import { errorRow, RowErrors } from '../files/row-errors.ts';
import { file, inBound, seconds } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import { addServerOptions, remoteServer, serverShape } from '../options/server-options.ts';
import type { CommandDefinition } from './command.ts';
import { modelService } from './model-service.ts';
import { withService } from './with-service.ts';

const schema = z.object({
  ...serverShape,
  model: z.string().optional(),
  input: file,
  out: file,
  batch: inBound(BOUNDS.itemsPerCall),
  timeout: seconds,
});

const text = z.string().refine((value) => value.trim() !== '', 'must not be empty');
const steps = z.array(text).min(1);
const id = z.string().max(256).optional();
const scoreRow = z
  .object({
    id,
    question: text.optional(),
    steps: steps.optional(),
    prompt: text.optional(),
    completions: steps.optional(),
  })
  .transform((row, context) => {
    const [question, path] = [row.question ?? row.prompt, row.steps ?? row.completions];
    if (question !== undefined && path !== undefined) return { id: row.id, question, steps: path };
    context.addIssue({ code: 'custom', message: 'needs question and steps, or prompt and completions' });
    return z.NEVER;
  });
type ScoreRow = z.infer<typeof scoreRow>;

/** `sipf score`: a verifier's probability for every step (Eqs. 3-5). */
export const scoreCommand: CommandDefinition = {
  declare: (program) => {
    const command = program
      .command('score')
      .description(
        'score steps with a reward model: {question, steps} or {prompt, completions} in, {id, probabilities, logOdds, aggregates} out',
      )
      .option('--model <folder>', 'Hugging Face folder of the reward model')
      .requiredOption('--input <file>', 'JSONL, - for standard input')
      .option('--out <file>', 'JSONL, - for standard output', '-')
      .option('--batch <count>', 'rows in one call', '64')
      .option('--timeout <seconds>', 'longest call', '600');
    return addServerOptions(command, 'verification');
  },
  action: async ({ flags: raw, terminal }) => {
    const flags = parseFlags(schema, raw);
    const service = await modelService(
      'verification',
      { ...flags, server: remoteServer(flags) },
      terminal.cwd,
    );
    const files = { input: flags.input, output: flags.out, schema: scoreRow, batch: flags.batch };
    const errors = new RowErrors();
    await mapRows(files, terminal, (work) =>
      withService(service, terminal, async ({ address, security, signal }) => {
        const options = { ...security, signal, idempotent: true, deadlineMs: flags.timeout * 1000 };
        using client = createClient(verification.VerificationServiceDefinition, address, options);
        await work(async (rows) => errors.counted(await score(client, rows)));
      }),
    );
    return errors.report(terminal, { done: 'scored', gives: 'probabilities' });
  },
};

async function score(
  client: ServiceClient<verification.VerificationServiceDefinition>,
  rows: readonly Row<ScoreRow>[],
): Promise<readonly Record<string, unknown>[]> {
  const request = verification.ScoreRequest.fromPartial({
    priority: common.Priority.BULK,
    rows: rows.map(({ value, line }) => ({ ...value, id: value.id ?? String(line) })),
  });
  const { scores } = await client.score(request);
  return scores.map(({ id: rowId, result }) =>
    result?.$case === 'steps' ? { id: rowId, ...result.value } : errorRow(rowId, result?.value),
  );
}
