import { BOUNDS, common, verification } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { mapRows } from '../files/map-rows.ts';
import type { Row } from '../files/read-rows.ts';
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
    let faults = 0;
    await mapRows(files, terminal, (work) =>
      withService(service, terminal, async ({ address, security, signal }) => {
        const options = { ...security, signal, idempotent: true, deadlineMs: flags.timeout * 1000 };
        using client = createClient(verification.VerificationServiceDefinition, address, options);
        await work(async (rows) => {
          const scores = await score(client, rows);
          faults += scores.filter((row) => 'error' in row).length;
          return scores;
        });
      }),
    );
    if (faults === 0) return EXIT.ok;
    terminal.screen.write(
      `sipf: ${faults} rows could not be scored; each has an error instead of probabilities\n`,
    );
    return EXIT.failed;
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
  return scores.map(({ id: rowId, result }) => {
    switch (result?.$case) {
      case 'steps':
        return { id: rowId, ...result.value };
      case 'error':
        return {
          id: rowId,
          error: { reason: reasonName(result.value.reason), message: result.value.message },
        };
      case undefined:
        return { id: rowId, error: { reason: 'UNKNOWN', message: 'the service gave no answer' } };
    }
  });
}

function reasonName(reason: common.ErrorReason): string {
  return common.errorReasonToJSON(reason).replace(/^ERROR_REASON_/, '');
}
