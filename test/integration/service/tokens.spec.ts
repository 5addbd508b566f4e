import { verification } from '@sipf/contracts';
import { hashToken, createClient, waitForReady } from '@sipf/service';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { runProgram, startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const file = (name: string): string => join(folder.path, name);
const TOKENS = { scorer: 'the-token-that-may-only-score-steps', gateway: 'the-token-of-the-gateway-itself' };
const rows = [{ id: 'a', question: '1+1', steps: ['#### 2'] }];
let verifier: RunningProgram;
let gateway: RunningProgram;

beforeAll(async () => {
  const entry = (name: keyof typeof TOKENS, scopes: string[]) => ({
    name,
    sha256: hashToken(TOKENS[name]),
    scopes,
  });
  const tokens = [entry('scorer', ['verification:Score']), entry('gateway', ['verification:*'])];
  writeFileSync(file('tokens.json'), JSON.stringify({ tokens }));
  for (const [name, token] of Object.entries(TOKENS)) writeFileSync(file(name), `${token}\n`);
  const model = await writeModel(folder.path, 'verifier', randomVerifier('tokens'));
  const asked = ['--tokens-file', file('tokens.json')];
  verifier = await startProgram('verification', ['--model', model, ...asked]);
  const behind = ['--verification', verifier.address, '--verification-token-file', file('gateway')];
  gateway = await startProgram('gateway', [...behind, ...asked]);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await verifier[Symbol.asyncDispose]();
  folder.remove();
});

it('asks every caller of a service for a token that allows the method', async () => {
  await waitForReady(verifier.address, { deadlineMs: 10_000 });
  const definition = verification.VerificationServiceDefinition;
  using nobody = createClient(definition, verifier.address);
  await expect(nobody.score({ rows })).rejects.toMatchObject({ kind: 'unauthenticated' });
  using scorer = createClient(definition, verifier.address, { tokenFile: file('scorer') });
  expect((await scorer.score({ rows })).scores).toHaveLength(1);
  await expect(scorer.info({})).rejects.toMatchObject({ kind: 'permission-denied' });
});

it('asks the same over HTTP, and calls the service behind with a token of its own', async () => {
  const post = (authorization?: string) =>
    fetch(`http://${gateway.address}/v1/verification/score`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: JSON.stringify({ rows }),
    });
  expect((await post()).status).toBe(401);
  expect((await post('Bearer something-that-nobody-has-issued')).status).toBe(401);
  expect((await post(`Bearer ${TOKENS.scorer}`)).status).toBe(200);
  const info = `http://${gateway.address}/v1/verification/info`;
  const headers = { authorization: `Bearer ${TOKENS.scorer}` };
  expect((await fetch(info, { headers })).status).toBe(403);
  expect((await fetch(`http://${gateway.address}/healthz`)).status).toBe(200);
});

it('logs who called and never a token', () => {
  const log = verifier.log() + gateway.log();
  for (const token of Object.values(TOKENS)) expect(log).not.toContain(token);
});

it('does not start on tokens that it cannot read', async () => {
  const flags = ['--verification', '127.0.0.1:1', '--tokens-file', file('nothing.json')];
  const { status, log } = await runProgram('gateway', flags);
  expect([status, log.includes('TOKENS_INVALID')]).toEqual([69, true]);
});
