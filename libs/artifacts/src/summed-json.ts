import { createSumReader, summedLine } from './summed-line.ts';

/**
 * An object with fields as the text of a JSON file that says its own checksum in a last field `crc32`, see {@link summedLine}.
 */
export function summedJson(fields: object): string {
  return `${JSON.stringify(JSON.parse(summedLine(JSON.stringify(fields))), null, 2)}\n`;
}

/**
 * Reads the text of a file of {@link summedJson}, or of one from before there were checksums; blanks between its values do not
 * count.
 * @returns its value without the checksum, or what is wrong with it
 */
export function readSummedJson(text: string): { readonly value: unknown } | { readonly why: string } {
  const value = parse(text);
  if (value === undefined) return { why: 'it is not JSON' };
  const why = createSumReader(() => true).faultOf(JSON.stringify(value));
  if (why !== undefined) return { why };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { value };
  return { value: Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'crc32')) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
