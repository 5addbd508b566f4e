import { execution, generation, verification } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { answering, randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const GIVE_UP = fileURLToPath(new URL('./give-up-calls.mjs', import.meta.url));
const CALLS = 5000;
const row = { id: 'a', question: '1+1', steps: ['<<1+1=2>>', '#### 2'] };
const program = { language: execution.Language.JAVASCRIPT, code: 'var a = 1;' };
const prompt = {
  prompts: [{ id: 'q', text: '1 + 1' }],
  sampling: { n: 1, maxNewTokens: 4, temperature: 1, topP: 1 },
};
const folder = temporaryFolder();
const programs: Partial<Record<'verification' | 'execution' | 'generation' | 'gateway', RunningProgram>> = {};

beforeAll(async () => {
  const verifier = await writeModel(folder.path, 'verifier', randomVerifier('resets'));
  programs.verification = await startProgram('verification', ['--model', verifier]);
  const policy = await writeModel(folder.path, 'policy', answering());
  programs.generation = await startProgram('generation', ['--model', policy]);
  programs.execution = await startProgram('execution', ['--processes', '2', '--warm', 'javascript']);
  programs.gateway = await startProgram('gateway', ['--verification', programs.verification.address]);
});

afterAll(async () => {
  for (const one of [programs.gateway, programs.execution, programs.generation, programs.verification])
    await one?.[Symbol.asyncDispose]();
  folder.remove();
});

const addressOf = (name: keyof typeof programs): string => programs[name]?.address ?? '';

/** Gives calls up, thousands at a time, in a process of its own until the test ends. @returns once the first are given up */
async function giveUpCalls(address: string, path: string, message: Uint8Array): Promise<{ rounds: number }> {
  const args = [GIVE_UP, address, path, Buffer.from(message).toString('base64'), String(CALLS)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const state = { rounds: 0 };
  child.stdout.on('data', (data: Buffer) => (state.rounds += data.toString().split('\n').length - 1));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child.stdout, 'data');
  return state;
}

/** Calls one after the other while thousands are given up: each is answered, and soon enough for its deadline. */
async function expectAnswered(call: () => Promise<unknown>, disturb: () => Promise<{ rounds: number }>) {
  await call();
  const state = await disturb();
  const until = state.rounds + 1;
  for (let answered = 0; answered < 10 || state.rounds < until; answered++) {
    await call();
    await sleep(20);
  }
}

it('verification answers others while 5,000 calls at a time are given up', async () => {
  const { ScoreRequest, VerificationServiceDefinition } = verification;
  using client = createClient(VerificationServiceDefinition, addressOf('verification'));
  const message = ScoreRequest.encode(ScoreRequest.fromPartial({ rows: [row] })).finish();
  const path = `/${VerificationServiceDefinition.fullName}/Score`;
  await expectAnswered(
    () => client.score({ rows: [row], clientId: 'steady' }, { idempotent: true, deadlineMs: 300_000 }),
    () => giveUpCalls(addressOf('verification'), path, message),
  );
}, 400_000);

it('generation answers others while 5,000 calls at a time are given up', async () => {
  const { GenerateRequest, GenerationServiceDefinition } = generation;
  using client = createClient(GenerationServiceDefinition, addressOf('generation'));
  const message = GenerateRequest.encode(GenerateRequest.fromPartial(prompt)).finish();
  const path = `/${GenerationServiceDefinition.fullName}/Generate`;
  const call = async (): Promise<void> => {
    const request = { ...prompt, clientId: 'steady' };
    const patient = { idempotent: true, deadlineMs: 300_000 };
    for await (const answer of client.generate(request, patient)) expect(answer.promptId).toBe('q');
  };
  await expectAnswered(call, () => giveUpCalls(addressOf('generation'), path, message));
}, 400_000);

it('execution answers others while 5,000 calls at a time are given up', async () => {
  const { ExecuteRequest, ExecutionServiceDefinition } = execution;
  using client = createClient(ExecutionServiceDefinition, addressOf('execution'));
  const message = ExecuteRequest.encode(ExecuteRequest.fromPartial(program)).finish();
  const path = `/${ExecutionServiceDefinition.fullName}/Execute`;
  await expectAnswered(
    () => client.execute({ ...program, clientId: 'steady' }, { idempotent: true, deadlineMs: 300_000 }),
    () => giveUpCalls(addressOf('execution'), path, message),
  );
}, 400_000);

it('the gateway answers others while thousands of its callers hang up', async () => {
  const address = addressOf('gateway');
  const body = JSON.stringify({ rows: [row] });
  const score = async (): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`http://${address}/v1/verification/score`, { method: 'POST', headers, body });
    // Callers that have not hung up yet may be as many as the gateway takes.
    if (answer.status !== 429) expect(answer.status).toBe(200);
    await answer.arrayBuffer();
  };
  const state = { rounds: 0 };
  const [host = '', port = ''] = address.split(':');
  const request = `POST /v1/verification/score HTTP/1.1\r\nhost: ${address}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  let isOver = false;
  const hangUp = async (): Promise<void> => {
    const socket = connect(Number(port), host).on('error', () => undefined);
    socket.write(request, () => socket.resetAndDestroy());
    await once(socket, 'close');
  };
  const crowd = async (): Promise<void> => {
    for (; !isOver; state.rounds += 0.1) await Promise.all(Array.from({ length: CALLS / 10 }, hangUp));
  };
  let crowding: Promise<void> | undefined;
  await expectAnswered(score, () => {
    crowding = crowd();
    return Promise.resolve(state);
  });
  isOver = true;
  await crowding;
}, 400_000);
