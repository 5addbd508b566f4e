import { text } from '@sipf/service';
import { resolve } from 'node:path';
import { z } from 'zod';
import { checks } from '../doctor/checks.ts';
import { renderFinding, type Finding } from '../doctor/finding.ts';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';
import { runsFlag } from '../options/embedded-options.ts';

const shape = {
  runs: runsFlag,
  provider: text('name')
    .optional()
    .describe('an execution provider of onnxruntime that must compute, e.g. cuda'),
  json: z.boolean().default(false).describe('as one JSON object'),
} as const;

/** `sipf doctor`: whether this machine can run what the other commands start. */
export const doctorCommand = defineCommand({
  name: 'doctor',
  description:
    'find what is wrong with this installation and say how to mend it; exit status 1 when something is missing',
  shape,
  action: async ({ flags: { runs, provider, json }, terminal }) => {
    const { env, signal, stdout, cwd } = terminal;
    const findings: Finding[] = [];
    for (const check of checks) {
      const finding = await check({ runs: resolve(cwd, runs), provider, env, signal });
      findings.push(finding);
      if (!json) stdout.write(`${renderFinding(finding)}\n`);
    }
    if (json) stdout.write(`${JSON.stringify({ findings })}\n`);
    return findings.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.ok;
  },
});
