import { assertNever } from '@sipf/errors';
import { bordersOf, countBelow, DYNAMIC_LEVELS, INT4_LEVELS, NF4_LEVELS } from './levels.ts';

/**
 * How frozen weights are kept: in float32, or as codes of 4 or 8 bits with a scale for every block of 64 values.
 * `nf4-double` keeps NF4's scales in 8 bits as well.
 */
export const QUANTISATIONS = ['none', 'nf4', 'nf4-double', 'int8', 'int4'] as const;
export type Quantisation = (typeof QUANTISATIONS)[number];

/** What a block's values are coded as. */
export type BlockFormat = 'nf4' | 'int4' | 'int8';

/** Values of a block, which share a scale. */
export const BLOCK_SIZE = 64;

/** Block scales that share a scale of their own under double quantisation. */
export const SCALE_GROUP_SIZE = 256;

/** Values in blocks, before codes of 4 bits are packed. */
export interface QuantisedBlocks {
  /** One a value, [blocks * 64]; a last block that is not full is filled up with zeros' codes. */
  readonly codes: Uint8Array;
  /** Largest magnitude of each block, float32 [blocks]. */
  readonly absMax: Float32Array;
}

const NF4_BORDERS = bordersOf(NF4_LEVELS);
const DYNAMIC_BORDERS = bordersOf(DYNAMIC_LEVELS);

/** The code of 0. */
const ZERO_CODES: Readonly<Record<BlockFormat, number>> = { nf4: 7, int4: 8, int8: 128 };

/** Codes every block of 64 values (row-major) relative to its largest magnitude. */
export function quantiseBlocks(values: Float32Array, format: BlockFormat): QuantisedBlocks {
  const blocks = Math.ceil(values.length / BLOCK_SIZE);
  const codes = new Uint8Array(blocks * BLOCK_SIZE).fill(ZERO_CODES[format]);
  const absMax = new Float32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    const start = block * BLOCK_SIZE;
    const part = values.subarray(start, start + BLOCK_SIZE);
    const largest = largestMagnitude(part);
    absMax[block] = largest;
    if (largest === 0) continue;
    const inverse = Math.fround(1 / largest);
    for (let index = 0; index < part.length; index++) {
      codes[start + index] = encode(Math.fround((part[index] as number) * inverse), format);
    }
  }
  return { codes, absMax };
}

/** The code of x in [-1, 1]. */
function encode(x: number, format: BlockFormat): number {
  switch (format) {
    case 'nf4':
      return countBelow(NF4_BORDERS, x);
    case 'int4':
      return 8 + Math.round(7 * x);
    case 'int8':
      return 128 + Math.round(127 * x);
    default:
      return assertNever(format);
  }
}

/** The values that codes stand for, float32 [blocks * 64]. */
export function dequantiseBlocks({ codes, absMax }: QuantisedBlocks, format: BlockFormat): Float32Array {
  return Float32Array.from(codes, (code, index) => {
    const scale = absMax[Math.floor(index / BLOCK_SIZE)] as number;
    if (format === 'int8') return Math.fround(scale / 127) * (code - 128);
    return scale * ((format === 'nf4' ? NF4_LEVELS : INT4_LEVELS)[code] as number);
  });
}

/** Block scales in 8 bits: scale = offset + level of the code * scale of its group of 256. */
export interface QuantisedScales {
  /** [groups * 256]; a last group that is not full is filled up with zeros. */
  readonly codes: Uint8Array;
  /** float32 [groups] */
  readonly groupScales: Float32Array;
  /** Mean of the scales, float32. */
  readonly offset: number;
}

/**
 * Double quantisation (QLoRA, section 3): the scales without their mean, as dynamic 8-bit codes.
 * @param room scales that there shall be room for. @default as many as there are
 */
export function quantiseScales(scales: Float32Array, room = scales.length): QuantisedScales {
  const offset = Math.fround(scales.reduce((sum, scale) => sum + scale, 0) / scales.length);
  const groups = Math.ceil(room / SCALE_GROUP_SIZE);
  const codes = new Uint8Array(groups * SCALE_GROUP_SIZE);
  const groupScales = new Float32Array(groups);
  for (let group = 0; group < groups; group++) {
    const start = group * SCALE_GROUP_SIZE;
    const part = scales.subarray(start, start + SCALE_GROUP_SIZE).map((scale) => scale - offset);
    const largest = largestMagnitude(part);
    groupScales[group] = largest;
    const inverse = largest === 0 ? 0 : Math.fround(1 / largest);
    part.forEach((value, index) => {
      codes[start + index] = countBelow(DYNAMIC_BORDERS, Math.fround(value * inverse));
    });
  }
  return { codes, groupScales, offset };
}

/** The scales that codes stand for, float32 [count]. */
export function dequantiseScales(quantised: QuantisedScales, count: number): Float32Array {
  const { codes, groupScales, offset } = quantised;
  return Float32Array.from({ length: count }, (_, index) => {
    const level = DYNAMIC_LEVELS[codes[index] as number] as number;
    return Math.fround(level * (groupScales[Math.floor(index / SCALE_GROUP_SIZE)] as number)) + offset;
  });
}

function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
