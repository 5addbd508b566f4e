import { digestFolder } from '@sipf/models';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomVerifier, temporaryFolder, writeModel } from '../support/models.ts';
import { startProgram, type RunningProgram } from '../support/start-program.ts';

const run = promisify(execFile);
const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
const folder = temporaryFolder();
let model: string;
let program: RunningProgram;

// Nothing but the verifier runs: no store, no NATS, no other service.
beforeAll(async () => {
  model = await writeModel(folder.path, 'verifier', randomVerifier('alone'));
  program = await startProgram('verification', ['--model', model]);
});

afterAll(async () => {
  await program[Symbol.asyncDispose]();
  folder.remove();
});

/** Calls the service as a stranger would, with its address and what reflection describes. */
async function curl(method: string, body: object): Promise<unknown> {
  const url = `http://${program.address}/sipf.verification.v1.VerificationService/${method}`;
  const flags = ['--http2-prior-knowledge', '--protocol', 'grpc', '--data', JSON.stringify(body)];
  const { stdout } = await run(process.execPath, [buf, 'curl', ...flags, url]);
  return JSON.parse(stdout);
}

it('scores the steps of somebody who knows only its address', async () => {
  const rows = [{ id: 'a', question: '48//2+24', steps: ['<<48//2=24>>', '<<48+24=72>>', '#### 72'] }];
  const answer = await curl('Score', { rows });
  const probability = expect.closeTo(0.5, 0) as number;
  expect(answer).toMatchObject({
    scores: [
      {
        id: 'a',
        steps: {
          probabilities: [probability, probability, probability],
          aggregates: { mean: probability, min: probability, last: probability },
        },
      },
    ],
    model: { digest: await digestFolder(model) },
  });
});

it('says to that person what it is', async () => {
  expect(await curl('Info', {})).toMatchObject({
    info: { service: 'verification', models: [{ family: 'llama', maxSequenceTokens: 64 }] },
  });
});

it('says to that person which field is wrong', async () => {
  expect(await curl('Score', { rows: [{ question: '', steps: ['1'] }] })).toMatchObject({
    scores: [{ error: { reason: 'ERROR_REASON_INVALID_FIELD', message: 'question must not be empty' } }],
  });
  await expect(curl('Score', { rows: [] })).rejects.toMatchObject({
    stderr: expect.stringContaining('rows must have 1 to 4096 entries, has 0') as string,
  });
});
