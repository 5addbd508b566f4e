import { bounded, BOUNDS, common, MAX_ID, REQUEST_ROOM, verification } from '@sipf/contracts';
import { createClient, file, seconds, text, type ServiceClient } from '@sipf/service';
import { z } from 'zod';
import { mapRows } from '../files/map-rows.ts';
import type { Row } from '../files/read-rows.ts';
import { errorRow, inParts, RowErrors } from '../files/row-errors.ts';
import { defineCommand } from '../options/define-command.ts';
import { remoteServer, serverShape } from '../options/server-options.ts';
import { modelService } from './model-service.ts';
import { withService } from './with-service.ts';

const shape = {
  model: text('folder').optional().describe('Hugging Face folder of the reward model'),
  input: file.describe('JSONL, - for standard input'),
  out: file.default('-').describe('JSONL, - for standard output'),
  batch: bounded(BOUNDS.itemsPerCall).default(64).describe('rows in one call'),
  timeout: seconds.default(600).describe('longest call'),
  ...serverShape('verification'),
} as const;

const filled = z.string().refine((value) => value.trim() !== '', 'must not be empty');
const steps = z.array(filled).min(1);
const id = z.string().max(MAX_ID).optional();
const scoreRow = z
  .object({
    id,
    question: filled.optional(),
    steps: steps.optional(),
    prompt: filled.optional(),
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
export const scoreCommand = defineCommand({
  name: 'score',
  description:
    'score steps with a reward model: {question, steps} or {prompt, ' +
    'completions} in, {id, probabilities, logOdds, aggregates} out',
  shape,
  action: async ({ flags, terminal }) => {
    const service = await modelService('verification', { ...flags, server: remoteServer(flags) }, terminal);
    const errors = new RowErrors();
    const { ofLongRow } = errors;
    const files = {
      input: flags.input,
      output: flags.out,
      schema: scoreRow,
      batch: flags.batch,
      batchBytes: REQUEST_ROOM.whole,
      ofLongRow,
    };
    await mapRows(files, terminal, (work) =>
      withService(service, terminal, async ({ address, security, signal }) => {
        const options = { ...security, signal, idempotent: true, deadlineMs: flags.timeout * 1000 };
        using client = createClient(verification.VerificationServiceDefinition, address, options);
        const ask = inParts<ScoreRow>((rows) => score(client, rows));
        await work(async (rows) => errors.counted(await ask(rows)));
      }),
    );
    return errors.report(terminal, { done: 'scored', gives: 'probabilities' });
  },
});

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
