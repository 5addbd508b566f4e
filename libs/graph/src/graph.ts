import { SipfError } from '@sipf/errors';

import type { Attributes, ConstantTensor } from './attribute.ts';
import type { Dim } from './dimension.ts';
import { canonicalDim } from './dimension.ts';
import type { DType, TensorData } from './dtype.ts';
import { holdsElements, packElements } from './dtype.ts';
import { ShapeError } from './shape-error.ts';

/** One tensor of a graph; two values with one name are the same tensor. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** An operator applied to values. */
export interface OperatorNode {
  /** ONNX operator type, e.g. `MatMul`. */
  readonly type: string;
  /** `''` for ONNX's own operators, `com.microsoft` for ONNX Runtime's, {@link ALIAS_DOMAIN} for marks. */
  readonly domain: string;
  /** In the operator's order; undefined for an optional input that is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** What a Loop repeats; it may read values of the graph around it. */
  readonly body?: Graph | undefined;
}

/** What {@link Graph.apply} needs of an operator. */
export interface OperatorCall {
  readonly type: string;
  readonly domain?: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes?: Attributes;
  readonly outputs: readonly { readonly dtype: DType; readonly shape: readonly Dim[] }[];
  readonly body?: Graph;
}

/** Where an initialiser's bytes lie outside the model, relative to the model's folder. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A named tensor stored with (or beside) the model. */
export interface Initializer {
  readonly value: Value;
  readonly content: ConstantTensor | ExternalData;
}

/** Nodes of this domain compute nothing: their output is their first input, marked for the gradient rules. */
export const ALIAS_DOMAIN = 'sipf.alias';

/** A new, empty graph. */
export function createGraph(name: string): Graph {
  return new Graph(name);
}

/**
 * A dataflow graph under construction. Nodes are kept in the order of creation, which is topological; an operator
 * applied twice to the same values with the same attributes is one node.
 */
export class Graph {
  readonly name: string;
  /** The graph around it, where it is the body of an operator; its values can be read here. */
  readonly parent: Graph | undefined;
  readonly inputs: Value[] = [];
  readonly outputs = new Map<string, Value>();
  readonly initializers = new Map<string, Initializer>();
  readonly nodes: OperatorNode[] = [];
  readonly #producers = new Map<string, OperatorNode>();
  readonly #byKey = new Map<string, OperatorNode>();
  readonly #constants = new Map<string, Value>();
  readonly #dimSources = new Map<string, { value: Value; axis: number }>();
  /** Of the graphs around it too: a name inside would hide one outside. */
  readonly #names: Set<string>;
  readonly #serial: { next: number };

  constructor(name: string, parent?: Graph) {
    this.name = name;
    this.parent = parent;
    this.#names = parent === undefined ? new Set() : parent.#names;
    this.#serial = parent === undefined ? { next: 0 } : parent.#serial;
  }

  /** A new, empty graph for the body of an operator of this one. */
  createBody(name: string): Graph {
    return new Graph(name, this);
  }

  /** A tensor that the caller feeds. @throws SipfError when the name is taken */
  input(name: string, dtype: DType, shape: readonly Dim[]): Value {
    const value = this.#value(this.#claim(name), dtype, shape);
    this.inputs.push(value);
    return value;
  }

  /** A named tensor stored in the model. @throws SipfError when the name is taken or the data does not fit */
  initializer(name: string, dtype: DType, shape: readonly number[], data: TensorData): Value {
    return this.#store(this.#claim(name), { dtype, shape, data });
  }

  /** A named tensor whose bytes lie in another file, e.g. inside a .safetensors. @throws SipfError when the name is taken */
  externalInitializer(
    name: string,
    tensor: { dtype: DType; shape: readonly number[] },
    at: ExternalData,
  ): Value {
    const value = this.#value(this.#claim(name), tensor.dtype, tensor.shape);
    this.initializers.set(name, { value, content: at });
    return value;
  }

  /** An unnamed constant; equal small constants are one value. */
  constant(dtype: DType, shape: readonly number[], data: TensorData | readonly number[]): Value {
    const elements = Array.isArray(data) ? packElements(dtype, data) : (data as TensorData);
    if (elements.length > 64)
      return this.#store(this.#claim(this.#fresh('c')), { dtype, shape, data: elements });
    const key = `${dtype}[${shape.join()}]${Array.from(elements, spell).join()}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const value = this.#store(this.#claim(this.#fresh('c')), { dtype, shape, data: elements });
    this.#constants.set(key, value);
    return value;
  }

  /** A constant of rank 0. */
  scalar(value: number, dtype: DType = 'float32'): Value {
    return this.constant(dtype, [], [value]);
  }

  /** Names a value as a result of the graph. @throws SipfError when the name is taken */
  output(name: string, value: Value): void {
    this.#own(value);
    if (this.outputs.has(name)) throw nameTaken(this.name, name);
    this.outputs.set(name, value);
  }

  /**
   * Adds an operator, or finds the equal one that is there. An operator that reads values of a body belongs to that body, so that
   * one on values of the graph around it alone is computed once.
   */
  apply(call: OperatorCall): readonly Value[] {
    const inner = call.inputs.find((value) => value !== undefined && this.#isAround(value.graph));
    if (inner !== undefined) return inner.graph.apply(call);
    for (const value of call.inputs) if (value !== undefined) this.#own(value);
    const key = keyOf(call);
    const isLone = isRandom(call.type) || call.body !== undefined;
    const known = isLone ? undefined : this.#byKey.get(key);
    if (known !== undefined) return known.outputs;
    const outputs = call.outputs.map(({ dtype, shape }) =>
      this.#value(this.#claim(this.#fresh('v')), dtype, shape),
    );
    const { type, domain = '', inputs, attributes = {}, body } = call;
    const node: OperatorNode = { type, domain, inputs, outputs, attributes, body };
    this.nodes.push(node);
    this.#byKey.set(key, node);
    for (const value of outputs) this.#producers.set(value.name, node);
    return outputs;
  }

  /** The node that computes `value`; undefined for inputs and stored tensors. */
  producerOf(value: Value): OperatorNode | undefined {
    return this.#producers.get(value.name) ?? this.parent?.producerOf(value);
  }

  /** The stored tensor behind `value`, when it is one and lies in memory. */
  constantOf(value: Value): ConstantTensor | undefined {
    const content = this.initializers.get(value.name)?.content;
    if (content === undefined) return this.parent?.constantOf(value);
    return 'data' in content ? content : undefined;
  }

  /** Some tensor that has `dim` as the size of an axis: the earliest, so mostly an input. */
  sourceOfDim(dim: string): { value: Value; axis: number } | undefined {
    return this.#dimSources.get(String(canonicalDim(dim))) ?? this.parent?.sourceOfDim(dim);
  }

  /** A symbol that no other axis has. */
  freshDim(): Dim {
    return this.#fresh('d');
  }

  #value(name: string, dtype: DType, shape: readonly Dim[]): Value {
    const value: Value = { graph: this, name, dtype, shape: shape.map(canonicalDim) };
    value.shape.forEach((dim, axis) => {
      if (typeof dim === 'string' && !this.#dimSources.has(dim)) this.#dimSources.set(dim, { value, axis });
    });
    return value;
  }

  #store(name: string, content: ConstantTensor): Value {
    const { dtype, shape, data } = content;
    const count = shape.reduce((product, dim) => product * dim, 1);
    if (!holdsElements(dtype, data) || data.length !== count) {
      throw new ShapeError(
        `initializer ${name}`,
        [shape],
        `got ${data.length} elements in ${data.constructor.name} for ${dtype}`,
      );
    }
    const value = this.#value(name, dtype, shape);
    this.initializers.set(name, { value, content });
    return value;
  }

  #claim(name: string): string {
    if (name === '' || this.#names.has(name)) throw nameTaken(this.name, name);
    this.#names.add(name);
    return name;
  }

  #fresh(prefix: string): string {
    return `_${prefix}${this.#serial.next++}`;
  }

  /** Whether this graph is one of those around `graph`. */
  #isAround({ parent }: Graph): boolean {
    return parent !== undefined && (parent === this || this.#isAround(parent));
  }

  #own(value: Value): void {
    if (value.graph !== this && !value.graph.#isAround(this)) {
      throw new SipfError(
        'invalid-argument',
        `value ${value.name} belongs to graph ${value.graph.name}, not ${this.name}`,
        {
          reason: 'FOREIGN_VALUE',
        },
      );
    }
  }
}

function keyOf(call: OperatorCall): string {
  const inputs = call.inputs.map((value) => value?.name ?? '').join();
  const outputs = call.outputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join();
  const attributes = JSON.stringify(call.attributes ?? {}, (_, item: unknown) =>
    typeof item === 'bigint' ? `${item}n` : item,
  );
  return `${call.domain ?? ''}:${call.type}(${inputs})${attributes}->${outputs}`;
}

function isRandom(type: string): boolean {
  return /^(Random|Bernoulli|Multinomial|Dropout)/.test(type);
}

function spell(value: number | bigint): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function nameTaken(graph: string, name: string): SipfError {
  return new SipfError(
    'invalid-argument',
    `graph ${graph} has a tensor named "${name}" already, or the name is empty`,
    {
      reason: 'NAME_TAKEN',
    },
  );
}
