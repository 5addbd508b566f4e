import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashToken } from '../auth/token-list.ts';
import { createClient } from '../client/create-client.ts';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';

let folder: string;
let echo: RunningEcho;
let open: PromiseWithResolvers<undefined>;

const once = { retry: { attempts: 1 } };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-callers-'));
  open = Promise.withResolvers();
});
afterEach(async () => {
  open.resolve(undefined);
  await echo.stop();
  rmSync(folder, { recursive: true });
});

/** A service whose calls last until `open` resolves, for callers with these tokens. */
async function startFor(...names: string[]): Promise<void> {
  const tokens = names.map((name) => {
    const token = `${name}-`.padEnd(40, 'x');
    writeFileSync(join(folder, name), `${token}\n`);
    return { name, sha256: hashToken(token), scopes: ['*'] };
  });
  const tokensFile = join(folder, 'tokens.json');
  writeFileSync(tokensFile, JSON.stringify({ tokens }));
  echo = await startEcho({
    settings: { maxCallsPerCaller: 2, ...(names.length === 0 ? {} : { tokensFile }) },
    client: once,
    handlers: {
      unary: async (request) => {
        await open.promise;
        return request;
      },
    },
  });
}

function clientOf(name: string) {
  return createClient(EchoServiceDefinition, echo.address, { tokenFile: join(folder, name), ...once });
}

const refusal = { kind: 'resource-exhausted', reason: 'QUOTA_EXCEEDED', retryAfterMs: 1000 };

it('refuses the calls beyond a caller’s quota, admits other callers, and admits it again later', async () => {
  await startFor('greedy', 'modest');
  using greedy = clientOf('greedy');
  using modest = clientOf('modest');
  const accepted = [greedy.unary({}), greedy.unary({})];
  await expect(greedy.unary({})).rejects.toMatchObject(refusal);
  const other = modest.unary({ mediaType: 'mine' });
  open.resolve(undefined);
  await Promise.all(accepted);
  expect(await other).toMatchObject({ mediaType: 'mine' });
  expect(await greedy.unary({ mediaType: 'again' })).toMatchObject({ mediaType: 'again' });
});

it('identifies a caller by its host where no token is required', async () => {
  await startFor();
  const accepted = [echo.client.unary({}), echo.client.unary({})];
  using second = createClient(EchoServiceDefinition, echo.address, once);
  await expect(second.unary({})).rejects.toMatchObject(refusal);
  open.resolve(undefined);
  await Promise.all(accepted);
});

it('frees a slot when its call is cancelled', async () => {
  await startFor();
  const cancel = new AbortController();
  const calls = [1, 2].map(() => echo.client.unary({}, { signal: cancel.signal }));
  await expect(echo.client.unary({})).rejects.toMatchObject(refusal);
  cancel.abort();
  await Promise.allSettled(calls);
  open.resolve(undefined);
  // The server sees a cancel a moment after the client.
  await expect
    .poll(() => echo.client.unary({ mediaType: 'later' }).catch(String))
    .toMatchObject({ mediaType: 'later' });
});
