import { status } from '@grpc/grpc-js';
import { verification } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { createLogger, createService, implement, serviceSettings, type Service } from '@sipf/service';
import { ServerReflectionService } from 'nice-grpc-server-reflection';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callRaw, rawClient } from '../../fuzz/call-raw.ts';

const run = promisify(execFile);
const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');

let service: Service;
let address: string;

beforeAll(async () => {
  service = createService({
    name: 'verification',
    implementations: [
      implement(verification.VerificationServiceDefinition, {
        score: ({ rows }) =>
          Promise.resolve({ scores: rows.map(({ id, steps }) => ({ id, result: halves(steps.length) })) }),
        scoreStream: throwUnimplemented,
        info: () => Promise.resolve({ info: { service: 'verification', version: 'test' } }),
      }),
    ],
    settings: serviceSettings({ metricsAddress: 'off' }),
    logger: createLogger({ service: 'verification', level: 'silent' }),
  });
  ({ address } = await service.start());
});

afterAll(async () => {
  await service.stop();
});

function throwUnimplemented(): never {
  throw new SipfError('unimplemented', 'no streams in this test', { reason: 'UNSPECIFIED' });
}

/** An answer of one half for every step. */
function halves(steps: number) {
  return { $case: 'steps', value: { probabilities: Array.from({ length: steps }, () => 0.5) } } as const;
}

/** Calls the service with nothing but its address: the schema comes from reflection. */
async function curl(method: string, body: object): Promise<unknown> {
  const url = `http://${address}/sipf.verification.v1.VerificationService/${method}`;
  const flags = ['--http2-prior-knowledge', '--protocol', 'grpc', '--data', JSON.stringify(body)];
  const { stdout } = await run(process.execPath, [buf, 'curl', ...flags, url]);
  return JSON.parse(stdout);
}

it('lists its services', async () => {
  const flags = ['--http2-prior-knowledge', '--protocol', 'grpc', '--list-services'];
  const { stdout } = await run(process.execPath, [buf, 'curl', ...flags, `http://${address}`]);
  expect(stdout.trim()).toBe('sipf.verification.v1.VerificationService');
});

it('refuses bytes that are no request of reflection', async () => {
  const { serverReflectionInfo: method } = ServerReflectionService;
  const client = rawClient(address);
  // A text that says that it is 127 bytes long.
  const bytes = Buffer.from([0x0a, 0x7f]);
  const code = await callRaw(client, { path: method.path, method, bytes, deadlineMs: 30_000 });
  client.close();
  expect(code).toBe(status.INVALID_ARGUMENT);
});

it('is called from the command line without any proto file', async () => {
  const rows = [{ question: 'How many?', steps: ['1 + 1 = 2', 'The answer is 2'] }];
  expect(await curl('Score', { rows })).toEqual({ scores: [{ steps: { probabilities: [0.5, 0.5] } }] });
});

it('says to a command line caller which field is wrong', async () => {
  await expect(curl('Score', { rows: [] })).rejects.toMatchObject({
    stderr: expect.stringContaining('rows must have 1 to 4096 entries, has 0') as string,
  });
});
