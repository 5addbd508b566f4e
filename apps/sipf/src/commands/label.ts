import {
  bounded,
  BOUNDS,
  common,
  MAX_ID,
  REQUEST_ROOM,
  RELATIONS,
  rolloutShape,
  simulation,
} from '@sipf/contracts';
import { createClient, file, seconds, text, type ServiceClient } from '@sipf/service';
import { taskNamed } from '@sipf/tasks';
import { z } from 'zod';
import { mapRows } from '../files/map-rows.ts';
import type { Row } from '../files/read-rows.ts';
import { errorRow, inParts, RowErrors } from '../files/row-errors.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import { samplingFlags, samplingSettings } from '../options/sampling-options.ts';
import { remoteServer, serverShape } from '../options/server-options.ts';
import { usageError } from '../usage-error.ts';
import { modelService } from './model-service.ts';
import { withService } from './with-service.ts';

const shape = {
  model: text('folder').optional().describe('Hugging Face folder of the simulator'),
  task: text('name').describe(
    'how roll-outs are judged: gsm8k or arithmetic; programs are labelled in a run',
  ),
  paths: file.describe('JSONL, - for standard input'),
  out: file.default('-').describe('JSONL, - for standard output'),
  ...rolloutShape,
  batch: bounded(BOUNDS.itemsPerCall).default(32).describe('paths in one call'),
  timeout: seconds.default(1800).describe('longest call'),
  ...samplingFlags,
  ...serverShape('simulation'),
} as const;
type Flags = FlagsOf<typeof shape>;

const filled = z.string().refine((value) => value.trim() !== '', 'must not be empty');
const pathRow = z.object({
  id: z.string().min(1).max(MAX_ID).optional(),
  prompt: filled,
  steps: z.array(filled).min(1),
  gold_answer: filled,
  outcome_correct: z.boolean(),
});
type PathRow = z.infer<typeof pathRow>;

/** `sipf label`: step labels of reasoning paths by roll-outs (Eq. 2). */
export const labelCommand = defineCommand({
  name: 'label',
  description:
    'label steps by roll-outs: {id, prompt, steps, gold_answer, outcome_correct} in, {id, labels} out',
  relations: [RELATIONS.tau],
  shape,
  action: async ({ flags, terminal }) => {
    requireMath(flags.task);
    const service = await modelService('simulation', { ...flags, server: remoteServer(flags) }, terminal);
    const errors = new RowErrors();
    const { ofLongRow } = errors;
    const files = {
      input: flags.paths,
      output: flags.out,
      schema: pathRow,
      batch: flags.batch,
      batchBytes: REQUEST_ROOM.whole,
      ofLongRow,
    };
    await mapRows(files, terminal, (work) =>
      withService(service, terminal, async ({ address, security, signal }) => {
        const options = { ...security, signal, idempotent: true };
        using client = createClient(simulation.SimulationServiceDefinition, address, options);
        const ask = inParts<PathRow>((rows) => label(client, rows, flags));
        await work(async (rows) => errors.counted(await ask(rows)));
      }),
    );
    return errors.report(terminal, { done: 'labelled', gives: 'labels' });
  },
});

/** Roll-outs of programs need the tests, for which this file's rows have no field. */
function requireMath(name: string): void {
  if (taskNamed(name).domain === 'math') return;
  throw usageError(`--task: ${name} tests programs; sipf label knows tasks with answers`);
}

async function label(
  client: ServiceClient<simulation.SimulationServiceDefinition>,
  rows: readonly Row<PathRow>[],
  flags: Flags,
): Promise<readonly Record<string, unknown>[]> {
  const request = simulation.LabelStepsRequest.fromPartial({
    priority: common.Priority.BULK,
    task: flags.task,
    tau: flags.tau,
    stopWhenDecided: flags.stopWhenDecided,
    sampling: samplingSettings(flags, { n: flags.rollouts, greedy: false }),
    paths: rows.map(({ value, line }) => ({
      id: value.id ?? String(line),
      prompt: value.prompt,
      steps: value.steps,
      goldAnswer: value.gold_answer,
      outcomeCorrect: value.outcome_correct,
    })),
  });
  const answers = new Map<string, simulation.LabelStepsResponse>();
  const deadlineMs = flags.timeout * 1000;
  for await (const answer of client.labelSteps(request, { deadlineMs })) answers.set(answer.pathId, answer);
  return request.paths.map(({ id }) => {
    const answer = answers.get(id);
    if (answer === undefined || answer.error !== undefined) return errorRow(id, answer?.error);
    return { id, labels: answer.labels.map(toRow) };
  });
}

function toRow({ stepIndex, hard, soft, rollouts, reached }: simulation.StepLabel): Record<string, unknown> {
  return { step_index: stepIndex, hard, soft, rollouts, reached };
}
