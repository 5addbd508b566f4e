import { expect, it } from 'vitest';
import { createSumReader, summedLine } from './summed-line.ts';

const LINE = summedLine('{"a":1}');
const older = '{"a":1}';

it('notices another character anywhere in the first line, where others may come without a checksum', () => {
  for (let at = 0; at < LINE.length; at++) {
    for (const other of ['x', 'F', '0', ' '].filter((sign) => sign !== LINE[at])) {
      const line = `${LINE.slice(0, at)}${other}${LINE.slice(at + 1)}`;
      expect(createSumReader(() => true).faultOf(line), line).toMatch(
        /^its checksum is (?:another|damaged)$/,
      );
    }
  }
});

it('takes lines without one only before those with one, and where they may begin', () => {
  const faultsOf = (mayBegin: boolean, lines: readonly string[]) => {
    const reader = createSumReader(() => mayBegin);
    return lines.map((line) => reader.faultOf(line));
  };
  expect(faultsOf(true, [older, older, LINE, LINE])).toEqual([undefined, undefined, undefined, undefined]);
  expect(faultsOf(true, [LINE, older])).toEqual([undefined, 'it has no checksum']);
  expect(faultsOf(false, [LINE, LINE])).toEqual([undefined, undefined]);
  expect(faultsOf(false, [older, LINE])).toEqual([undefined, 'the line before it has no checksum']);
});
