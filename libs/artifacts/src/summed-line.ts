import { crc32 } from 'node:zlib';

/** The last field of a line, eight digits in base 16. */
const SUM = /,"crc32":"(?<sum>[0-9a-f]{8})"\}$/;
const SHAPE = ',"crc32":"00000000"}';
const SUM_LENGTH = SHAPE.length;

/** The JSON of an object with fields as a line that says its own checksum, the CRC-32 of the JSON, in a last field `crc32`. */
export function summedLine(json: string): string {
  const sum = crc32(json).toString(16).padStart(8, '0');
  return `${json.slice(0, -1)},"crc32":"${sum}"}`;
}

/** A reader of the lines of one file. */
export interface SumReader {
  /** The fault of the next line's checksum, undefined if there is none. */
  faultOf(line: string): string | undefined;
}

/**
 * Checks lines of {@link summedLine}, in the order of their file. Programs of before wrote lines without a checksum: those come
 * first in a file, if at all.
 * @param mayBegin whether this line may be the first of a program that writes checksums, where others without come before
 */
export function createSumReader(mayBegin: (line: string) => boolean): SumReader {
  let [isFirst, isSummed] = [true, false];
  return {
    faultOf: (line) => {
      const begins = isFirst || isSummed || mayBegin(line);
      isFirst = false;
      const sum = SUM.exec(line)?.groups?.['sum'];
      if (sum === undefined && isNearlySummed(line)) return 'its checksum is damaged';
      if (sum === undefined) return isSummed ? 'it has no checksum' : undefined;
      isSummed = true;
      if (crc32(`${line.slice(0, -SUM_LENGTH)}}`) !== parseInt(sum, 16)) return 'its checksum is another';
      return begins ? undefined : 'the line before it has no checksum';
    },
  };
}

/** Whether a line ends in a checksum but for one character; else it would pass for one from before there were checksums. */
function isNearlySummed(line: string): boolean {
  const end = Array.from(line.slice(-SUM_LENGTH));
  const fits = (sign: string, due = ''): boolean => (due === '0' ? /[0-9a-f]/.test(sign) : sign === due);
  return end.filter((sign, at) => !fits(sign, SHAPE[at])).length === 1;
}

/** Whether what follows a file's last line break is more than a line that was being written: its line break is damaged. */
export function hasLostLineBreak(rest: string): boolean {
  return /,"crc32":"[0-9a-f]{8}"\}./s.test(rest);
}
