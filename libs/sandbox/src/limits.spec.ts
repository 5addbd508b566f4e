import { SipfError } from '@sipf/errors';
import { describe, expect, it } from 'vitest';
import { capLimits, defaultLimits } from './limits.ts';
import { parseProgram, programBounds, type Program } from './program.ts';

const thrownBy = (block: () => unknown): unknown => {
  try {
    block();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('capLimits', () => {
  it('gives the caps to a run that asks for nothing and never more to one that asks', () => {
    expect(capLimits({}, defaultLimits)).toEqual(defaultLimits);
    const asked = { wallTimeMs: 100, memoryLimitMiB: 1e6 };
    expect(capLimits(asked, defaultLimits)).toEqual({ ...defaultLimits, wallTimeMs: 100 });
  });

  it('names every limit that is out of range', () => {
    const error = thrownBy(() =>
      capLimits({ wallTimeMs: 0, cpuTimeMs: NaN, memoryLimitMiB: 7 }, defaultLimits),
    );
    expect(error).toBeInstanceOf(SipfError);
    expect((error as SipfError).kind).toBe('invalid-argument');
    const fields = (error as SipfError).violations.map(({ field }) => field);
    expect(fields).toEqual(['limits.wallTimeMs', 'limits.cpuTimeMs', 'limits.memoryLimitMiB']);
  });
});

describe('parseProgram', () => {
  it('refuses an unknown language, texts that are none and programs without bounds', () => {
    const wrong = { language: 'cobol', code: 1, tests: {} } as unknown as Program;
    const error = thrownBy(() => parseProgram(wrong)) as SipfError;
    expect(error.violations.map(({ field }) => field)).toEqual(['language', 'code', 'tests']);
  });

  it('refuses input and output that no bytes stand for, by name', () => {
    const half = 'a\ud800b';
    const program: Program = { language: 'python', code: half, stdin: half, expectedStdout: '\udc00' };
    const error = thrownBy(() => parseProgram(program)) as SipfError;
    expect(error.violations.map(({ field }) => field)).toEqual(['stdin', 'expectedStdout']);
    expect(parseProgram({ ...program, stdin: '😀', expectedStdout: '\ufffd' })).toMatchObject({ code: half });
  });

  it.each([
    ['code', programBounds.codeCharacters, 'x'],
    ['tests', programBounds.testsCharacters, 'x'],
    ['stdin', programBounds.stdinBytes, 'x'],
    ['stdin', programBounds.stdinBytes / 2, 'é'],
    ['expectedStdout', programBounds.expectedStdoutCharacters, 'é'],
  ] as const)('takes %s up to a bound of its own', (field, most, unit) => {
    const program = (count: number): Program => ({
      language: 'python',
      code: '1',
      [field]: unit.repeat(count),
    });
    expect(parseProgram(program(most))).toMatchObject({ language: 'python' });
    const error = thrownBy(() => parseProgram(program(most + 1))) as SipfError;
    expect(error.violations).toMatchObject([{ field }]);
  });
});
