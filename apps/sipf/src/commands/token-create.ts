import { bounded, BOUNDS } from '@sipf/contracts';
import { hashToken, SCOPE_PATTERN } from '@sipf/service';
import { text } from '@sipf/service';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { displayPath } from '../display-path.ts';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from '../options/define-command.ts';
import { usageError } from '../usage-error.ts';

const DAY_MS = 86_400_000;

const shape = {
  name: text('name')
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -')
    .describe('who it is for; services log it'),
  scope: z
    .array(text('scope').regex(SCOPE_PATTERN, 'must be *, <area>:* or <area>:<Method>'))
    .min(1)
    .describe('what it allows: *, verification:* or verification:Score; may be repeated'),
  tokensFile: text('file').describe("the services' file; made where it is missing"),
  out: text('file').describe('where the token goes, for its owner only (mode 0600)'),
  days: bounded(BOUNDS.days).optional().describe('how long it is taken; for ever by default'),
} as const;

/** What the file of tokens looks like from here: the services check the rest. */
const listed = z.looseObject({ tokens: z.array(z.looseObject({ name: z.string() })) });

/** `sipf token create`: a new bearer token, its hash for the service and itself for the caller. */
export const tokenCreateCommand = defineCommand({
  name: 'token create',
  description: 'make a token: its hash goes into the file that services read, the token into one of its own',
  shape,
  action: async ({ flags, terminal }) => {
    const { name, scope: scopes, days, ...files } = flags;
    const list = resolve(terminal.cwd, files.tokensFile);
    const out = resolve(terminal.cwd, files.out);
    const tokens = readList(list).filter((each) => each.name !== name);
    if (existsSync(out)) throw usageError(`${files.out} exists already; name another file by --out`);
    const token = randomBytes(32).toString('base64url');
    const expiresAt = days === undefined ? {} : { expiresAt: expiryOf(terminal.now(), days) };
    await writeFile(out, `${token}\n`, { mode: 0o600, flag: 'wx' });
    await replaceFile(list, {
      tokens: [...tokens, { name, sha256: hashToken(token), scopes, ...expiresAt }],
    });
    terminal.stdout.write(`${displayPath(terminal.cwd, out)}\n`);
    return EXIT.ok;
  },
});

function readList(path: string): z.infer<typeof listed>['tokens'] {
  if (!existsSync(path)) return [];
  try {
    return listed.parse(JSON.parse(readFileSync(path, 'utf8'))).tokens;
  } catch {
    throw usageError(`${path} is not a file of tokens: it must hold {"tokens": [...]}`);
  }
}

function expiryOf(nowMs: number, days: number): string {
  return new Date(nowMs + days * DAY_MS).toISOString();
}

/** Readers see the file before or after, never half of it. */
async function replaceFile(path: string, content: object): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(temporary, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(temporary, path);
}
