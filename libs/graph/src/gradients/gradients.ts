import { SipfError } from '@sipf/errors';

import { isFloat } from '../dtype.ts';
import type { OperatorNode, Value } from '../graph.ts';
import { addAll } from '../operators/elementwise.ts';
import { fill } from '../operators/indexing.ts';
import { expand, reshape } from '../operators/layout.ts';
import { reduceSum } from '../operators/reduction.ts';
import { ShapeError } from '../shape-error.ts';
import { sameShape } from '../shape.ts';
import { type PulledPart, RuleContext } from './rule.ts';
import { GRADIENT_RULES } from './table.ts';

/**
 * Derivatives of a scalar by each of `wrt`, by reverse mode: they are added to the loss' graph, each with the shape of
 * its value; zeros where the loss does not depend on it.
 * @throws ShapeError when the loss is not of rank 0
 * @throws SipfError kind `unimplemented`, reason `NO_GRADIENT_RULE`, naming the operator that has none
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length > 0) throw new ShapeError('gradients', [loss.shape], 'the loss must be a scalar');
  const { graph } = loss;
  const found = pullBack({ nodes: graph.nodes, y: loss, cotangent: graph.scalar(1, loss.dtype) }, wrt);
  return wrt.map((value) => found.get(value.name) ?? fill(graph, value.dtype, value.shape, 0));
}

function pullBack({ nodes, y, cotangent }: PulledPart, wrt: readonly Value[]): Map<string, Value> {
  const cotangents = new Cotangents(activeNames(nodes, wrt));
  cotangents.add(y, cotangent);
  for (const node of nodes.toReversed()) propagate(node, cotangents);
  return new Map(
    wrt.flatMap((value): [string, Value][] => {
      const found = cotangents.of(value);
      return found === undefined ? [] : [[value.name, found]];
    }),
  );
}

/** Cotangents gathered so far, by tensor. */
class Cotangents {
  readonly #active: ReadonlySet<string>;
  readonly #parts = new Map<string, Value[]>();

  constructor(active: ReadonlySet<string>) {
    this.#active = active;
  }

  wants(value: Value | undefined): value is Value {
    return value !== undefined && isFloat(value.dtype) && this.#active.has(value.name);
  }

  add(value: Value, cotangent: Value): void {
    const fitted = fitShape(cotangent, value);
    const parts = this.#parts.get(value.name);
    if (parts === undefined) this.#parts.set(value.name, [fitted]);
    else parts.push(fitted);
  }

  of(value: Value): Value | undefined {
    const parts = this.#parts.get(value.name);
    return parts === undefined ? undefined : addAll(parts);
  }
}

function propagate(node: OperatorNode, cotangents: Cotangents): void {
  if (!node.inputs.some((input) => cotangents.wants(input))) return;
  const incoming = node.outputs.map((output) =>
    cotangents.wants(output) ? cotangents.of(output) : undefined,
  );
  if (incoming.every((cotangent) => cotangent === undefined)) return;
  const rule = GRADIENT_RULES.get(node.type);
  if (rule === undefined) {
    throw new SipfError('unimplemented', `operator ${node.type} has no gradient rule`, {
      reason: 'NO_GRADIENT_RULE',
      metadata: { operator: node.type },
    });
  }
  const wants = (input: Value | undefined): boolean => cotangents.wants(input);
  rule(new RuleContext(node, incoming, { wants, pullBack })).forEach((cotangent, index) => {
    const input = node.inputs[index];
    if (cotangent !== undefined && cotangents.wants(input)) cotangents.add(input, cotangent);
  });
}

/** Tensors that depend on `wrt`. */
function activeNames(nodes: readonly OperatorNode[], wrt: readonly Value[]): ReadonlySet<string> {
  const active = new Set(wrt.map((value) => value.name));
  for (const node of nodes) {
    if (node.type === 'StopGradient') continue;
    if (node.inputs.some((input) => input !== undefined && active.has(input.name))) {
      for (const output of node.outputs) active.add(output.name);
    }
  }
  return active;
}

/** Undoes broadcasting: sums over axes that the operator stretched; repeats along those that a rule left at 1. */
function fitShape(cotangent: Value, { shape }: Value): Value {
  if (sameShape(cotangent.shape, shape)) return cotangent;
  const extra = Math.max(0, cotangent.shape.length - shape.length);
  const axes = cotangent.shape.flatMap((dim, axis) =>
    axis < extra || (shape[axis - extra] === 1 && dim !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return expand(cotangent, shape);
  const leadingOnly = axes.length === extra;
  const summed = reduceSum(cotangent, axes, !leadingOnly);
  return expand(leadingOnly ? summed : reshape(summed, summed.shape.slice(extra)), shape);
}
