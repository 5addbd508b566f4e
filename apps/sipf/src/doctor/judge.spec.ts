import { expect, it } from 'vitest';
import { renderFinding } from './finding.ts';
import { judgeDisk, judgeMemory, judgeNativeModule, judgeNode } from './judge.ts';

const MIB = 2 ** 20;

it.each([
  ['ok', judgeNode('v24.3.0', '24')],
  ['fail', judgeNode('v22.0.0', '24')],
  ['ok', judgeDisk(5000 * MIB, '/runs')],
  ['warn', judgeDisk(1000 * MIB, '/runs')],
  ['warn', judgeDisk(undefined, '/runs')],
  ['fail', judgeDisk(100 * MIB, '/runs')],
  ['ok', judgeMemory(5000 * MIB)],
  ['warn', judgeMemory(1000 * MIB)],
  ['fail', judgeMemory(100 * MIB)],
])('judges %s', (status, finding) => {
  expect(finding.status).toBe(status);
  expect(finding.fix === undefined).toBe(status === 'ok');
});

it('says how a native module failed', () => {
  const stderr = '/x.ts:1\n\nError: libonnxruntime.so.1: cannot open shared object file\n    at y\n';
  const finding = judgeNativeModule('onnxruntime-node', { code: 1, signal: null, stdout: '', stderr });
  expect(finding.detail).toContain('does not work (exit status 1): Error: libonnxruntime.so.1');
  const crash = judgeNativeModule('isolated-vm', { code: null, signal: 'SIGSEGV', stdout: '', stderr: '' });
  expect(crash).toMatchObject({ status: 'fail', detail: 'does not work (SIGSEGV): ' });
  const fine = judgeNativeModule('isolated-vm', {
    code: 0,
    signal: null,
    stdout: 'works\n',
    stderr: 'warning',
  });
  expect(fine).toEqual({ status: 'ok', name: 'isolated-vm', detail: 'works' });
});

it('shows a finding with the way to mend it', () => {
  expect(renderFinding(judgeMemory(5000 * MIB))).toBe('ok    memory           4.9 GiB available');
  expect(renderFinding(judgeNode('v22.0.0', '24')).split('\n')[1]).toMatch(/^ {6}to mend it: /);
});
