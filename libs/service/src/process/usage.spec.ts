import { bounded, BOUNDS } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { count, folder } from './fields.ts';
import { asksForHelp, usageOf } from './usage.ts';

const shape = {
  runs: folder.describe('Folder of the runs.'),
  maxCallMs: count.default(1000).describe('Longest call.'),
  share: bounded(BOUNDS.share).describe('How much of it.').optional(),
  tls: z.boolean().default(false).describe('Speak TLS.'),
  level: z.enum(['low', 'high']).optional().describe('How loud.'),
  warm: z
    .string()
    .default('a,b')
    .transform((text) => text.split(','))
    .describe('Started ahead.'),
};

it('names every setting with its values, its default, and whether it is required', () => {
  expect(usageOf({ name: 'echo', summary: 'Says it again.', shape }).split('\n')).toEqual([
    'echo: Says it again.',
    '',
    'Settings; each may also be a variable of the environment, as SIPF_RUNS for --runs, and a flag wins:',
    '',
    '  --runs <folder>        Folder of the runs. (required)',
    '  --max-call-ms <count>  Longest call. (at least 1; default: 1000)',
    '  --share <share>        How much of it. (0 to 1)',
    '  --tls                  Speak TLS.',
    '  --level <name>         How loud. (low, high)',
    '  --warm <text>          Started ahead. (default: a,b)',
    '',
  ]);
});

it('is printed for --help and -h at any position', () => {
  expect(asksForHelp(['--tls', '--help'])).toBe(true);
  expect(asksForHelp(['-h'])).toBe(true);
  expect(asksForHelp(['--runs', 'help'])).toBe(false);
});
