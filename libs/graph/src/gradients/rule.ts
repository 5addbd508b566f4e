import type { Attributes } from '../attribute.ts';
import type { OperatorNode, Value } from '../graph.ts';

/** Part of a graph with the loss' derivative by its last value, as {@link PullBack} takes it. */
export interface PulledPart {
  /** In order of creation. */
  readonly nodes: readonly OperatorNode[];
  readonly y: Value;
  readonly cotangent: Value;
}

/** Reverse mode over a part of a graph: cotangents of those of `wrt` that y depends on, by name. */
export type PullBack = (part: PulledPart, wrt: readonly Value[]) => ReadonlyMap<string, Value>;

/** What the reverse pass gives a rule beside the node. */
export interface Surroundings {
  /** Whether the loss' derivative by this input of the node is asked for. */
  readonly wants: (input: Value | undefined) => boolean;
  readonly pullBack: PullBack;
}

/** What a gradient rule sees of a node y = f(a, b, c, ...) and of the loss' derivative g by y. */
export class RuleContext {
  readonly node: OperatorNode;
  /** Cotangent of each output; undefined where the loss does not depend on it. */
  readonly cotangents: readonly (Value | undefined)[];
  readonly wants: Surroundings['wants'];
  readonly pullBack: PullBack;

  constructor(
    node: OperatorNode,
    cotangents: readonly (Value | undefined)[],
    { wants, pullBack }: Surroundings,
  ) {
    this.node = node;
    this.cotangents = cotangents;
    this.wants = wants;
    this.pullBack = pullBack;
  }

  get a(): Value {
    return this.#input(0);
  }

  get b(): Value {
    return this.#input(1);
  }

  get c(): Value {
    return this.#input(2);
  }

  get d(): Value {
    return this.#input(3);
  }

  get y(): Value {
    return present(this.node, this.node.outputs[0]);
  }

  /** Cotangent of the first output. */
  get g(): Value {
    return present(this.node, this.cotangents[0]);
  }

  get attributes(): Attributes {
    return this.node.attributes;
  }

  #input(index: number): Value {
    return present(this.node, this.node.inputs[index]);
  }
}

/**
 * Reverse-mode rule: the cotangent of each input, undefined where there is none. A cotangent may be larger or smaller
 * than its input by broadcasting; the caller sums or repeats it.
 */
export type GradientRule = (context: RuleContext) => readonly (Value | undefined)[];

function present(node: OperatorNode, value: Value | undefined): Value {
  if (value === undefined)
    throw new TypeError(`the gradient rule of ${node.type} reads a tensor that the node lacks`);
  return value;
}
