import type { RunConfig } from '@sipf/contracts';
import { z } from 'zod';
import { engineFacts } from '../plan/engine-facts.ts';
import { stageResult } from '../plan/stage-results.ts';
import { readBy, type LineRules } from './append-only-file.ts';
import { program } from './program.ts';

/** As the program that began the run resolved it: settings that came later are missing. */
const config = z.custom<RunConfig>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'is not a configuration',
);
const stage = z.string().min(1);
/** Who writes from now on: LOG_FORMAT and the code; absent in logs from before there was a number. */
const writer = { format: z.int().min(1).optional(), program: program.optional() };

const runEvent = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('run-started'),
    runId: z.string(),
    /** What the run was called when it began, where its folder is called otherwise since. */
    begunAs: z.string().optional(),
    config,
    commit: z.string(),
    /** Who started it, where callers are known by name. */
    owner: z.string().optional(),
    ...writer,
  }),
  z.object({
    kind: z.literal('run-resumed'),
    ...writer,
    /** How the code differs from the one at work before, in words; absent where it does not. */
    otherCode: z.string().optional(),
  }),
  z.object({ kind: z.literal('stage-started'), stage }),
  z.object({
    kind: z.literal('stage-completed'),
    stage,
    result: stageResult,
    /** Whether the result was another run's, and nothing was computed. */
    reused: z.boolean().optional(),
    /** Steps of its training in metrics.jsonl, where it trained. */
    steps: z.int().min(0).optional(),
    /** What computed it; absent where the orchestrator did, and in logs from before it was kept. */
    engine: engineFacts.optional(),
    /** What is odd about the result, for people. */
    warnings: z.array(z.string()).readonly().optional(),
  }),
  /** What a completed stage left is gone or damaged: it is not completed any more. */
  z.object({ kind: z.literal('stage-lost'), stage, why: z.string() }),
  z.object({ kind: z.literal('run-succeeded') }),
  z.object({ kind: z.literal('run-failed'), failure: z.string(), reason: z.string() }),
  z.object({ kind: z.literal('run-cancelled') }),
]);
/** `at` is for people only; `epoch` is that of the writer's lease, absent in logs of before there were leases. */
const position = z.object({
  index: z.int().min(0),
  at: z.iso.datetime(),
  epoch: z.int().min(1).optional(),
});

/** What can happen to a run. Its state is a fold over these. */
export type RunEvent = Readonly<z.infer<typeof runEvent>>;
/** An event with its position in the log; `at` is ISO 8601. */
export type RunEntry = RunEvent & Readonly<z.infer<typeof position>>;

const readPosition = readBy(position, 'an entry of a log');
const readEvent = readBy(runEvent, 'an entry of a log');

/** What the lines of a run's log must be. */
export const LOG_RULES: LineRules<RunEntry> = {
  remedy:
    'restore the file from a copy, or cut it off before that line and resume the ' +
    'run: what came after is done again. Nothing else in the folder needs to go',
  // Another program only continues a log by resuming its run.
  beginsSums: (line) => line.includes('"kind":"run-resumed"'),
  read: (value, index) => {
    const found = readPosition(value, index);
    if ('why' in found) return found;
    if (found.value.index !== index)
      return { why: `it is numbered ${found.value.index}, where ${index} is due` };
    const event = readEvent(value, index);
    if ('why' in event) return event;
    if (index === 0 && event.value.kind !== 'run-started') return { why: 'it is not the start of a run' };
    return { value: { ...found.value, ...event.value } };
  },
};
