import {
  add,
  cast,
  concat,
  gatherElements,
  type Graph,
  mul,
  reshape,
  slice,
  sub,
  type Value,
} from '@sipf/graph';
import { DYNAMIC_LEVELS, INT4_LEVELS, NF4_LEVELS } from './levels.ts';
import {
  BLOCK_SIZE,
  type BlockFormat,
  dequantiseBlocks,
  dequantiseScales,
  type Quantisation,
  quantiseBlocks,
  quantiseScales,
  SCALE_GROUP_SIZE,
} from './quantise-blocks.ts';

/** A kind of quantisation other than none. */
export type QuantisedKind = Exclude<Quantisation, 'none'>;

/** One of the tensors that a quantised weight consists of. */
export interface QuantisedPart {
  /** The weight's name and what the part is: `….weight.codes`. */
  readonly name: string;
  readonly dtype: 'uint8' | 'float32';
  readonly shape: readonly number[];
}

/** A weight of this name, [out, in], in this form. */
export interface QuantisedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: QuantisedKind;
}

/**
 * The tensors that a quantised weight consists of. Codes of 4 bits are packed two a byte: the high halves of all bytes
 * are the first half of the blocks, the low ones the second half.
 */
export function quantisedParts({ name, shape, kind }: QuantisedWeight): QuantisedPart[] {
  const blocks = blockCount(shape, kind);
  const bytes = (blocks * BLOCK_SIZE) / (isPacked(kind) ? 2 : 1);
  const part = (what: string, dtype: QuantisedPart['dtype'], ...dims: number[]): QuantisedPart => ({
    name: `${name}.${what}`,
    dtype,
    shape: dims,
  });
  const codes = part('codes', 'uint8', bytes);
  if (kind !== 'nf4-double') return [codes, part('scales', 'float32', blocks)];
  const groups = Math.ceil(blocks / SCALE_GROUP_SIZE);
  return [
    codes,
    part('scale_codes', 'uint8', groups * SCALE_GROUP_SIZE),
    part('group_scales', 'float32', groups),
    part('scale_offset', 'float32', 1),
  ];
}

/** The arrays of a quantised weight by the names of its parts; `values` float32 [out * in], row-major. */
export function quantiseWeight(
  values: Float32Array,
  { name, shape, kind }: QuantisedWeight,
): Map<string, Uint8Array | Float32Array> {
  const { codes, absMax } = quantiseBlocks(values, formatOf(kind));
  const blocks = blockCount(shape, kind);
  const parts = new Map<string, Uint8Array | Float32Array>([
    [`${name}.codes`, isPacked(kind) ? packHalves(codes, blocks) : codes],
  ]);
  if (kind !== 'nf4-double') {
    const scales = new Float32Array(blocks);
    scales.set(kind === 'int8' ? absMax.map((largest) => largest / 127) : absMax);
    return parts.set(`${name}.scales`, scales);
  }
  const scales = quantiseScales(absMax, blocks);
  return parts
    .set(`${name}.scale_codes`, scales.codes)
    .set(`${name}.group_scales`, scales.groupScales)
    .set(`${name}.scale_offset`, Float32Array.of(scales.offset));
}

/** The values that a weight has once quantised, float32 [out * in]: what a model computes with. */
export function roundTrip(values: Float32Array, { kind }: Pick<QuantisedWeight, 'kind'>): Float32Array {
  const format = formatOf(kind);
  const blocks = quantiseBlocks(values, format);
  if (kind !== 'nf4-double') return dequantiseBlocks(blocks, format).subarray(0, values.length);
  const absMax = dequantiseScales(quantiseScales(blocks.absMax), blocks.absMax.length);
  return dequantiseBlocks({ ...blocks, absMax }, format).subarray(0, values.length);
}

/** A quantised weight as float32 [out, in] in a graph: table look-ups, and a product with each block's scale. */
export function dequantisedWeight(
  graph: Graph,
  { name, shape, kind }: QuantisedWeight,
  part: (name: string) => Value,
): Value {
  const blocks = blockCount(shape, kind);
  const levels = levelsOf(graph, part(`${name}.codes`), kind);
  const values = mul(levels, blockScales(graph, { name, blocks, kind }, part));
  return reshape(withoutPadding(values, shape), shape);
}

/** What the codes stand for beside their block's scale, float32 [blocks, 64]. */
function levelsOf(graph: Graph, codes: Value, kind: QuantisedKind): Value {
  // DequantizeLinear would be one node, but onnxruntime moves it through reshapes and fails at that.
  if (kind === 'int8') return sub(cast(reshape(codes, [-1, BLOCK_SIZE]), 'float32'), 128);
  const levels = kind === 'int4' ? INT4_LEVELS : NF4_LEVELS;
  const indices = cast(codes, 'int32');
  const half = (shift: number): Value => {
    const table = Float32Array.from({ length: 256 }, (_, byte) => levels[(byte >> shift) & 15] as number);
    return gatherElements(graph.constant('float32', [256], table), indices, 0);
  };
  return reshape(concat([half(4), half(0)], 0), [-1, BLOCK_SIZE]);
}

/** float32 [blocks, 1] */
function blockScales(
  graph: Graph,
  { name, blocks, kind }: { name: string; blocks: number; kind: QuantisedKind },
  part: (name: string) => Value,
): Value {
  if (kind !== 'nf4-double') return reshape(part(`${name}.scales`), [blocks, 1]);
  const table = graph.constant('float32', [256], DYNAMIC_LEVELS);
  const levels = gatherElements(table, cast(part(`${name}.scale_codes`), 'int32'), 0);
  const groups = reshape(levels, [-1, SCALE_GROUP_SIZE]);
  const scaled = reshape(mul(groups, reshape(part(`${name}.group_scales`), [-1, 1])), [-1, 1]);
  return add(slice(scaled, { axis: 0, end: blocks }), part(`${name}.scale_offset`));
}

function withoutPadding(values: Value, shape: readonly number[]): Value {
  return slice(reshape(values, [-1]), { axis: 0, end: elements(shape) });
}

function formatOf(kind: QuantisedKind): BlockFormat {
  return kind === 'nf4-double' ? 'nf4' : kind;
}

function isPacked(kind: QuantisedKind): boolean {
  return kind !== 'int8';
}

/** Blocks of a weight; an even number where the codes are packed. */
function blockCount(shape: readonly number[], kind: QuantisedKind): number {
  const blocks = Math.ceil(elements(shape) / BLOCK_SIZE);
  return isPacked(kind) ? 2 * Math.ceil(blocks / 2) : blocks;
}

/** The blocks' codes two a byte; where a block is added to make their number even, it has no weight and any code. */
function packHalves(codes: Uint8Array, blocks: number): Uint8Array {
  const half = (blocks * BLOCK_SIZE) / 2;
  const packed = new Uint8Array(half);
  for (let index = 0; index < half; index++) {
    packed[index] = ((codes[index] as number) << 4) | (codes[half + index] ?? 0);
  }
  return packed;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
