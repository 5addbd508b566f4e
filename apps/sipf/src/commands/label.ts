import { BOUNDS, common, simulation } from '@sipf/contracts';
import { createClient, type ServiceClient } from '@sipf/service';
import { taskNamed } from '@sipf/tasks';
import { z } from 'zod';
import { mapRows } from '../files/map-rows.ts';
import type { Row } from '../files/read-rows.ts';
import { errorRow, RowErrors } from '../files/row-errors.ts';
import { file, inBound, seconds } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import { addSamplingOptions, samplingSettings, samplingShape } from '../options/sampling-options.ts';
import { addServerOptions, remoteServer, serverShape } from '../options/server-options.ts';
import type { CommandDefinition } from './command.ts';
import { usageError } from '../usage-error.ts';
import { modelService } from './model-service.ts';
import { withService } from './with-service.ts';

const schema = z.object({
  ...serverShape,
  ...samplingShape,
  model: z.string().optional(),
  task: z.string(),
  paths: file,
  out: file,
  rollouts: inBound(BOUNDS.samples),
  tau: inBound(BOUNDS.tau),
  stopWhenDecided: z.boolean().default(false),
  batch: inBound(BOUNDS.itemsPerCall),
  timeout: seconds,
});
type Flags = z.infer<typeof schema>;

const text = z.string().refine((value) => value.trim() !== '', 'must not be empty');
const pathRow = z.object({
  id: z.string().min(1).max(256).optional(),
  prompt: text,
  steps: z.array(text).min(1),
  gold_answer: text,
  outcome_correct: z.boolean(),
});
type PathRow = z.infer<typeof pathRow>;

/** `sipf label`: step labels of reasoning paths by roll-outs (Eq. 2). */
export const labelCommand: CommandDefinition = {
  declare: (program) => {
    const command = program
      .command('label')
      .description(
        'label steps by roll-outs: {id, prompt, steps, gold_answer, outcome_correct} in, {id, labels} out',
      )
      .option('--model <folder>', 'Hugging Face folder of the simulator')
      .requiredOption(
        '--task <name>',
        'how roll-outs are judged: gsm8k or arithmetic; programs are labelled in a run',
      )
      .requiredOption('--paths <file>', 'JSONL, - for standard input')
      .option('--out <file>', 'JSONL, - for standard output', '-')
      .option('--rollouts <count>', 'completions of each prefix', '8')
      .option('--tau <count>', 'a step is right when more roll-outs than this reach the answer', '0')
      .option('--stop-when-decided', 'draw no roll-outs that a hard label does not need')
      .option('--batch <count>', 'paths in one call', '32')
      .option('--timeout <seconds>', 'longest call', '1800');
    return addServerOptions(addSamplingOptions(command), 'simulation');
  },
  action: async ({ flags: raw, terminal }) => {
    const flags = parseFlags(schema, raw);
    requireMath(flags.task);
    if (flags.tau >= flags.rollouts) throw usageError('--tau must be under --rollouts');
    const service = await modelService('simulation', { ...flags, server: remoteServer(flags) }, terminal.cwd);
    const files = { input: flags.paths, output: flags.out, schema: pathRow, batch: flags.batch };
    const errors = new RowErrors();
    await mapRows(files, terminal, (work) =>
      withService(service, terminal, async ({ address, security, signal }) => {
        const options = { ...security, signal, idempotent: true };
        using client = createClient(simulation.SimulationServiceDefinition, address, options);
        await work(async (rows) => errors.counted(await label(client, rows, flags)));
      }),
    );
    return errors.report(terminal, { done: 'labelled', gives: 'labels' });
  },
};

/** Roll-outs of programs need the tests, which this file's rows have no place for. */
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
