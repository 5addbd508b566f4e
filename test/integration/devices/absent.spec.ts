import { expect, it } from 'vitest';
import type { ProgramName } from '../../support/program-main.ts';
import { runProgram } from '../../support/start-program.ts';

const SERVICES: readonly ProgramName[] = ['generation', 'simulation', 'verification', 'training'];
const FOLDERS = ['--artifacts', '/nowhere/artifacts'];

function flagsOf(service: ProgramName, ...flags: string[]): string[] {
  return [...FOLDERS, ...(service === 'training' ? ['--state', '/nowhere/state'] : []), ...flags];
}

it.each(SERVICES)('%s does not know a device of another name', async (service) => {
  const { status, log } = await runProgram(service, flagsOf(service, '--device', 'gpu'));
  expect(status).toBe(64);
  expect(log).toContain('--device (SIPF_DEVICE): must be cpu, cuda, cuda:N or webgpu');
});

it.each(SERVICES)(
  '%s ends with the name of a device that is not there, and never starts without it',
  async (service) => {
    const { status, log } = await runProgram(service, flagsOf(service, '--device', 'cuda:63'));
    expect(status).toBe(69);
    expect(log).toContain('DEVICE_UNAVAILABLE');
    expect(log).toContain('cuda:63 does not compute here: ');
  },
);

it.each([
  ['verification', ['--precision', 'bfloat16'], 'scoring in bfloat16 is not computed on cpu'],
  [
    'generation',
    ['--device', 'webgpu', '--precision', 'float16', '--quantise', 'int4'],
    'float16 with int4 weights is not computed on webgpu',
  ],
  [
    'simulation',
    ['--device', 'cuda', '--precision', 'bfloat16', '--quantise', 'int8'],
    'generation in bfloat16 with int8 weights is not computed on cuda',
  ],
] as const)('%s refuses what %j ask for', async (service, flags, words) => {
  const { status, log } = await runProgram(service, flagsOf(service, ...flags));
  expect(status).toBe(64);
  expect(log).toContain(words);
});

it('leaves devices to a server of another', async () => {
  const server = ['--backend', 'pooling', '--backend-url', 'http://127.0.0.1:1/v1'];
  const { status, log } = await runProgram(
    'verification',
    flagsOf('verification', ...server, '--device', 'cuda'),
  );
  expect(status).toBe(64);
  expect(log).toContain('is for the engine of this process');
});
