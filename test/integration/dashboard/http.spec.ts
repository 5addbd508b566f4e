import { acquireLease, layoutIn } from '@sipf/runs';
import { existsSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { buildPage } from '../../support/built-page.ts';
import { writeFinishedRun } from '../../support/finished-run.ts';
import { temporaryFolder } from '../../support/models.ts';
import { runProgram, startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const runs = join(folder.path, 'runs');
const TOKEN = 'only people who know this may look';
const tokenFile = join(folder.path, 'token');
let orchestrator: RunningProgram;
let open: RunningProgram;
let locked: RunningProgram;

beforeAll(async () => {
  buildPage();
  writeFileSync(tokenFile, `${TOKEN}\n`);
  await writeFinishedRun(runs, 'one', { questions: 2, pathsPerQuestion: 2, trainingSteps: 3 });
  orchestrator = await startProgram('orchestration', ['--runs', runs, '--artifacts', folder.path]);
  const flags = ['--orchestration', orchestrator.address];
  [open, locked] = await Promise.all([
    startProgram('dashboard', flags),
    startProgram('dashboard', [...flags, '--token-file', tokenFile]),
  ]);
});

afterAll(async () => {
  for (const program of [open, locked, orchestrator]) await program[Symbol.asyncDispose]();
  folder.remove();
});

/** A visitor with a cookie and the token for changes. */
async function visit({ address }: RunningProgram) {
  const response = await fetch(`http://${address}/api/session`);
  const cookie = response.headers.get('set-cookie') ?? '';
  const { csrfToken, isOpen } = (await response.json()) as { csrfToken: string; isOpen: boolean };
  return { cookie, id: cookie.split(';')[0] ?? '', csrfToken, isOpen };
}

async function post(
  { address }: RunningProgram,
  path: string,
  { id = '', csrf = '', origin = `http://${address}`, body = {} as unknown },
) {
  const response = await fetch(`http://${address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: id, 'x-csrf-token': csrf, origin },
    body: JSON.stringify(body),
  });
  const { error } = (await response.json()) as { error?: { reason: string } };
  return { status: response.status, reason: error?.reason, cookie: response.headers.get('set-cookie') ?? '' };
}

it('sends a page that runs its own scripts only and stands in no frame', async () => {
  const response = await fetch(`http://${open.address}/`);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  expect(response.headers.get('x-frame-options')).toBe('DENY');
  expect(await response.text()).toContain('<script type="module"');
});

it('does not answer to names that other sites point at this machine', async () => {
  const [, port = ''] = open.address.split(':');
  const status = await ask(open, '/', { host: `evil.example:${port}` });
  expect(status).toBe(403);
});

it('makes no change that another site asks for', async () => {
  const { id, csrfToken: csrf, cookie } = await visit(open);
  expect(cookie).toMatch(/HttpOnly/i);
  expect(cookie).toMatch(/SameSite=Strict/i);
  const path = '/api/runs/one/cancel';
  for (const forged of [
    { id, csrf, origin: 'http://evil.example' },
    { id, csrf: '' },
    { id, csrf: (await visit(open)).csrfToken },
  ]) {
    expect(await post(open, path, forged)).toMatchObject({ status: 403 });
  }
  expect(await post(open, path, { csrf })).toMatchObject({ status: 401, reason: 'LOGIN_REQUIRED' });
  expect(await post(open, path, { id, csrf })).toMatchObject({ status: 200 });
});

it('shows nothing before the login, and lets people in who know the token', async () => {
  const list = (id: string) =>
    fetch(`http://${locked.address}/api/runs`, { headers: { cookie: id } }).then(({ status }) => status);
  const { id, csrfToken: csrf, isOpen } = await visit(locked);
  expect(isOpen).toBe(false);
  expect(await list(id)).toBe(401);
  const wrong = await post(locked, '/api/session', { id, csrf, body: { token: `${TOKEN}!` } });
  expect(wrong).toMatchObject({ status: 401, reason: 'LOGIN_REQUIRED' });
  const right = await post(locked, '/api/session', { id, csrf, body: { token: TOKEN } });
  expect(right.status).toBe(200);
  expect(await list(id)).toBe(401);
  expect(await list(right.cookie.split(';')[0] ?? '')).toBe(200);
});

/** Asks for a path as it is written; `fetch` would put it right. */
function ask({ address }: RunningProgram, path: string, headers: Record<string, string> = {}) {
  const [host = '', port] = address.split(':');
  return new Promise<number | undefined>((resolve, reject) => {
    request({ host, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

it('shows nothing before the login by any way to write an address', async () => {
  const { address } = locked;
  for (const path of [
    '/api/runs',
    '/%61pi/runs',
    '/a%70i/runs',
    `http://${address}/api/runs`,
    '/api/runs?x=/api/session',
  ])
    expect([path, await ask(locked, path)]).toEqual([path, 401]);
  for (const path of ['//api/runs', '/api/session/../runs', '/api%2Fruns', '/API/runs'])
    expect([path, await ask(locked, path)]).toEqual([path, 404]);
});

it('takes changes from the address that browsers see, where something before it ends TLS', async () => {
  const origin = 'https://runs.example';
  const flags = [
    '--orchestration',
    orchestrator.address,
    '--token-file',
    tokenFile,
    '--public-origin',
    origin,
  ];
  await using behind = await startProgram('dashboard', flags);
  const { id, csrfToken: csrf, cookie } = await visit(behind);
  expect(cookie).toMatch(/Secure/i);
  const page = await fetch(`http://${behind.address}/`);
  expect(page.headers.get('strict-transport-security')).toContain('max-age=');
  const login = { id, csrf, body: { token: TOKEN } };
  expect(await post(behind, '/api/session', login)).toMatchObject({ status: 403, reason: 'FOREIGN_REQUEST' });
  expect(await post(behind, '/api/session', { ...login, origin })).toMatchObject({ status: 200 });
  const wrong = await runProgram('dashboard', [...flags.slice(0, -1), `${origin}/page`]);
  expect(wrong.status).toBe(64);
});

it('does not listen beyond this machine without a token', async () => {
  const flags = [
    '--orchestration',
    orchestrator.address,
    '--address',
    '0.0.0.0:0',
    '--allow-insecure',
    'true',
  ];
  const { status, log } = await runProgram('dashboard', flags);
  expect(status).toBe(64);
  expect(log).toContain('--token-file');
});

it('passes on errors of the orchestrator as they are', async () => {
  const { id } = await visit(open);
  const get = async (path: string) => {
    const response = await fetch(`http://${open.address}${path}`, { headers: { cookie: id } });
    return { status: response.status, body: (await response.json()) as { error: { reason: string } } };
  };
  expect(await get('/api/runs/never')).toMatchObject({
    status: 404,
    body: { error: { reason: 'RUN_NOT_FOUND' } },
  });
  expect(await get('/api/runs/one/paths?stage=sample-1&limit=0')).toMatchObject({
    status: 400,
    body: { error: { reason: 'INVALID_FIELD' } },
  });
  expect(await get('/api/runs/one/paths?stage=sample-1&limit=1')).toMatchObject({
    status: 200,
    body: { matched: 4, rows: [{ key: '1/0/loop/0', outcome: 'correct' }] },
  });
});

it('streams a run that has ended as one event and the end', async () => {
  const { id } = await visit(open);
  const response = await fetch(`http://${open.address}/api/runs/one/events`, { headers: { cookie: id } });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events = (await response.text()).match(/^event: .*$/gm);
  expect(events).toEqual(['event: answer', 'event: end']);
});

it('follows a run that another process drives, and asks that one to cancel it', async () => {
  const { id, csrfToken: csrf } = await visit(open);
  await writeFinishedRun(runs, 'elsewhere', { questions: 1, pathsPerQuestion: 1, trainingSteps: 1 });
  const { lease: path, cancelWish } = layoutIn(join(runs, 'elsewhere'));
  const lease = await acquireLease(path);
  const response = await fetch(`http://${open.address}/api/runs/elsewhere/events`, {
    headers: { cookie: id },
  });
  const cancelled = post(open, '/api/runs/elsewhere/cancel', { id, csrf });
  await vi.waitFor(() => {
    expect(existsSync(cancelWish)).toBe(true);
  }, 10_000);
  await lease.release();
  expect((await cancelled).status).toBe(200);
  const events = (await response.text()).match(/^event: .*$/gm) ?? [];
  expect(events.length).toBeGreaterThan(3);
  expect(events.at(-1)).toBe('event: end');
});
