import { execution } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { toLimits, toProgram } from './requests.ts';

const { Language } = execution;

it('leaves tests out where there are none', () => {
  const request = execution.ExecuteRequest.fromPartial({ language: Language.TYPESCRIPT, code: 'let a: 1' });
  expect(toProgram(request)).toEqual({ language: 'typescript', code: 'let a: 1' });
});

it('keeps the tests where there are some', () => {
  const request = { language: Language.JAVASCRIPT, code: 'let a', tests: 'assert(a)' };
  expect(toProgram(execution.ExecuteRequest.fromPartial(request))).toEqual({
    language: 'javascript',
    code: 'let a',
    tests: 'assert(a)',
  });
});

it('hands on input and expected output, also where nothing is to be printed', () => {
  const request = { language: Language.PYTHON, code: 'x', stdin: '1', expectedStdout: '' };
  expect(toProgram(execution.ExecuteRequest.fromPartial(request))).toEqual({
    language: 'python',
    code: 'x',
    stdin: '1',
    expectedStdout: '',
  });
});

it('leaves limits that are 0 or absent to the pool', () => {
  expect(toLimits(undefined)).toEqual({});
  const limits = { wallTimeMs: 0, cpuTimeMs: 20, memoryMib: 64, maxOutputBytes: 0 };
  expect(toLimits(limits)).toEqual({ cpuTimeMs: 20, memoryLimitMiB: 64 });
});
