import type { DType, TensorData } from './dtype.ts';

/** A constant tensor. */
export interface ConstantTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** An operator's attribute; ONNX distinguishes integers from floats, so each is tagged. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'tensor'; readonly value: ConstantTensor };

/** Attributes by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** An integer attribute; booleans become 0 and 1. */
export function int(value: number | boolean): Attribute {
  return { kind: 'int', value: Number(value) };
}

/** A float attribute. */
export function float(value: number): Attribute {
  return { kind: 'float', value };
}

/** A string attribute. */
export function text(value: string): Attribute {
  return { kind: 'string', value };
}

/** A list of integers. */
export function ints(value: readonly number[]): Attribute {
  return { kind: 'ints', value };
}

/** A list of floats. */
export function floats(value: readonly number[]): Attribute {
  return { kind: 'floats', value };
}

/** The integers of an `int` or `ints` attribute; undefined when it is absent. */
export function readInts(attributes: Attributes, name: string): readonly number[] | undefined {
  const attribute = attributes[name];
  if (attribute?.kind === 'ints') return attribute.value;
  return attribute?.kind === 'int' ? [attribute.value] : undefined;
}

/** A numeric attribute, or `fallback` when it is absent. */
export function readNumber(attributes: Attributes, name: string, fallback: number): number {
  const attribute = attributes[name];
  return attribute?.kind === 'int' || attribute?.kind === 'float' ? attribute.value : fallback;
}

/** A string attribute, or `fallback` when it is absent. */
export function readText(attributes: Attributes, name: string, fallback: string): string {
  const attribute = attributes[name];
  return attribute?.kind === 'string' ? attribute.value : fallback;
}
