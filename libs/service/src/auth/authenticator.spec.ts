import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '../client/create-client.ts';
import { waitForReady } from '../client/wait-for-ready.ts';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';
import { createAuthenticator } from './authenticator.ts';
import { covers, scopeOf } from './scopes.ts';
import { hashToken, parseToken, parseTokenList } from './token-list.ts';

const TOKEN = 'a-token-of-thirty-two-characters';
let folder: string;
let echo: RunningEcho | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-tokens-'));
});
afterEach(async () => {
  await echo?.stop();
  echo = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const path = (name: string): string => join(folder, name);

/** Replaces the file as Kubernetes and careful programs do. */
function writeTokens(...entries: object[]): string {
  writeFileSync(path('new.json'), JSON.stringify({ tokens: entries }));
  renameSync(path('new.json'), path('tokens.json'));
  return path('tokens.json');
}

function writeToken(token: string): string {
  writeFileSync(path('token'), `${token}\n`);
  return path('token');
}

const entry = (scopes: string[], more: object = {}) => ({
  name: 'ci',
  sha256: hashToken(TOKEN),
  scopes,
  ...more,
});

describe('scopes', () => {
  it('are the area and the method of a path', () => {
    expect(scopeOf('/sipf.verification.v1.VerificationService/Score')).toBe('verification:Score');
    expect(scopeOf('/grpc.health.v1.Health/Check')).toBe('grpc.health.v1.Health:Check');
  });

  it('cover a method, an area, or everything', () => {
    expect(covers(['verification:Score'], 'verification:Score')).toBe(true);
    expect(covers(['verification:*'], 'verification:Info')).toBe(true);
    expect(covers(['*'], 'training:StartJob')).toBe(true);
    expect(covers(['verification:Score', 'generation:*'], 'verification:Info')).toBe(false);
    expect(covers(['verification:*'], 'verification2:Info')).toBe(false);
  });
});

describe('a file of tokens', () => {
  it('is refused with the field and never with what it holds', () => {
    const list = (...tokens: object[]) => parseTokenList(JSON.stringify({ tokens }));
    expect(() => list(entry(['everything']))).toThrow('tokens.0.scopes.0 must be *, <area>:*');
    expect(() => list({ ...entry(['*']), sha256: TOKEN })).toThrow('tokens.0.sha256 must be 64');
    expect(() => list()).toThrow('tokens');
    const torn = `{"tokens": [{"sha256": "${hashToken(TOKEN)}"`;
    expect(() => parseTokenList(torn)).toThrow(/is not JSON$/);
    expect(() => parseToken('short')).toThrow('must be 16 to 512');
    expect(() => parseToken(`${TOKEN} and more`)).toThrow(/^(?!.*thirty-two)/);
  });

  it('lets in by hash, scope and time', () => {
    const clock = { now: Date.parse('2030-01-01T00:00:00Z') };
    const file = writeTokens(entry(['verification:Score'], { expiresAt: '2030-01-02T00:00:00Z' }));
    const authenticator = createAuthenticator(file, { error: () => undefined }, () => clock.now);
    const call = (authorization?: string, scope = 'verification:Score') =>
      authenticator.authenticate(authorization, scope);
    expect(call(`Bearer ${TOKEN}`)).toBe('ci');
    expect(call(`bearer ${TOKEN}`)).toBe('ci');
    expect(() => call(`Bearer ${TOKEN}`, 'verification:Info')).toThrow('has no scope verification:Info');
    expect(() => call(`Bearer ${TOKEN}x`)).toThrow('not known here');
    expect(() => call(`Basic ${TOKEN}`)).toThrow('wants "authorization: Bearer');
    expect(() => call()).toThrow('wants "authorization: Bearer');
    clock.now = Date.parse('2030-01-02T00:00:00Z');
    expect(() => call(`Bearer ${TOKEN}`)).toThrow('has expired');
  });
});

describe('a service with tokens', () => {
  const start = async (scopes: string[], client = {}): Promise<RunningEcho> => {
    echo = await startEcho({ settings: { tokensFile: writeTokens(entry(scopes)) }, client });
    return echo;
  };

  it('answers a caller whose token covers the method, and names it in the log', async () => {
    const { client, logs } = await start(['testing:Unary'], { tokenFile: writeToken(TOKEN) });
    await expect(client.unary({ mediaType: 'x' })).resolves.toMatchObject({ mediaType: 'x' });
    await expect(client.idempotent({ mediaType: 'x' })).rejects.toMatchObject({
      kind: 'permission-denied',
      reason: 'SCOPE_MISSING',
    });
    expect(JSON.stringify(logs)).not.toContain(TOKEN);
  });

  it('refuses calls without a token, streams too, and answers health checks', async () => {
    const { client, address } = await start(['*']);
    await expect(client.unary({ mediaType: 'x' })).rejects.toMatchObject({
      kind: 'unauthenticated',
      reason: 'TOKEN_MISSING',
    });
    const stream = async (): Promise<void> => {
      for await (const answer of client.serverStream({ mediaType: 'x' })) expect(answer).toBeUndefined();
    };
    await expect(stream()).rejects.toMatchObject({ reason: 'TOKEN_MISSING' });
    await expect(waitForReady(address, { deadlineMs: 5000 })).resolves.toBeUndefined();
  });

  it('takes new tokens from a changed file, and keeps the old ones when the change is broken', async () => {
    const { client, logs } = await start(['*'], { tokenFile: writeToken(TOKEN) });
    await expect(client.unary({ mediaType: 'x' })).resolves.toBeDefined();
    writeFileSync(path('tokens.json'), 'torn');
    const eventually = async (check: () => Promise<boolean>): Promise<void> => {
      await expect.poll(check, { timeout: 10_000, interval: 100 }).toBe(true);
    };
    const call = () =>
      client.unary({ mediaType: 'x' }).then(
        () => true,
        () => false,
      );
    await eventually(async () => (await call()) && JSON.stringify(logs).includes('cannot be used'));
    writeTokens({ ...entry(['*']), sha256: hashToken('another-token-of-the-same-length') });
    await eventually(async () => !(await call()));
    writeToken('another-token-of-the-same-length');
    await eventually(call);
  });
});

it('sends no token in clear text beyond this machine', () => {
  const tokenFile = writeToken(TOKEN);
  for (const address of ['example.org:443', 'dns:///localhost:1']) {
    expect(() => createClient(EchoServiceDefinition, address, { tokenFile })).toThrow('in clear text');
  }
});
