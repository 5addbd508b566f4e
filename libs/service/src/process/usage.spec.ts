import { expect, it } from 'vitest';
import { z } from 'zod';
import { asksForHelp, usageOf } from './usage.ts';

const shape = {
  runs: z.string().min(1).describe('Folder of the runs.'),
  maxCallMs: z.coerce.number().int().min(1).default(1000).describe('Longest call.'),
  tls: z.stringbool().default(false).describe('Speak TLS.'),
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
    '  --runs TEXT           Folder of the runs. (required)',
    '  --max-call-ms NUMBER  Longest call. (default 1000)',
    '  --tls                 Speak TLS.',
    '  --level low|high      How loud.',
    '  --warm TEXT           Started ahead. (default a,b)',
    '',
  ]);
});

it('is asked for by --help and -h, wherever they stand', () => {
  expect(asksForHelp(['--tls', '--help'])).toBe(true);
  expect(asksForHelp(['-h'])).toBe(true);
  expect(asksForHelp(['--runs', 'help'])).toBe(false);
});
