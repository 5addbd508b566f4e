import { z } from 'zod';
import type { LineRules } from './append-only-file.ts';

/** JSON has no NaN: a value that is none is null. */
const numbers = z.record(z.string(), z.number().nullable());
const stage = z.string().min(1);
const program = z.looseObject({ version: z.string(), commit: z.string().optional(), settings: z.string() });
const writer = { format: z.int().min(1).optional(), program: program.optional() };

/** What every entry of a log is, whoever wrote it. */
const entry = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('run-started'),
    runId: z.string(),
    config: z.record(z.string(), z.unknown()),
    commit: z.string(),
    ...writer,
  }),
  z.looseObject({ kind: z.literal('run-resumed'), ...writer }),
  z.looseObject({ kind: z.literal('stage-started'), stage }),
  z.looseObject({ kind: z.literal('stage-lost'), stage, why: z.string() }),
  z.looseObject({
    kind: z.literal('stage-completed'),
    stage,
    result: z.object({ outputs: z.record(z.string(), z.string()), counts: numbers, figures: numbers }),
    steps: z.int().min(0).optional(),
  }),
  z.looseObject({ kind: z.literal('run-succeeded') }),
  z.looseObject({ kind: z.literal('run-failed'), failure: z.string(), reason: z.string() }),
  z.looseObject({ kind: z.literal('run-cancelled') }),
]);
const place = z.looseObject({ index: z.int().min(0), at: z.iso.datetime() });

/** What the lines of a run's log must be. */
export const LOG_RULES: LineRules = {
  remedy:
    'restore the file from a copy, or cut it off before that line and resume the run: what came after is done again. Nothing else in the folder needs to go',
  // Another program only goes on with a log by resuming its run.
  beginsSums: (line) => line.includes('"kind":"run-resumed"'),
  fault: (value, index) => {
    const found = place.safeParse(value);
    if (!found.success) return 'no entry of a log';
    if (found.data.index !== index) return `it is numbered ${found.data.index}, where ${index} is due`;
    const known = entry.safeParse(value);
    return known.success ? undefined : `no entry of a log: ${why(known.error)}`;
  },
};

function why({ issues: [first] }: z.ZodError): string {
  return `${first?.path.join('.') ?? ''} ${first?.message ?? ''}`.trim();
}
