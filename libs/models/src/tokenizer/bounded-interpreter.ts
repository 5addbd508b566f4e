import * as library from '@huggingface/jinja';
import { hasPairs, pythonEquals, pythonText, type RuntimeValue, stripped, STRIPS } from './python-values.ts';

/** What is used of @huggingface/jinja's interpreter, some of which it calls private. */
interface Library {
  readonly Interpreter: new (environment: object) => {
    run(program: TemplateNode): RuntimeValue;
    evaluate(node: TemplateNode | undefined, environment: object): RuntimeValue;
    evaluateBlock(body: readonly TemplateNode[], environment: object): RuntimeValue;
    evaluateMemberExpression(node: TemplateNode, environment: object): RuntimeValue;
    evaluateCallExpression(node: TemplateNode, environment: object): RuntimeValue;
    evaluateBinaryExpression(node: TemplateNode, environment: object): RuntimeValue;
    applyFilter(operand: RuntimeValue, filter: TemplateNode, environment: object): RuntimeValue;
  };
}

/** What is looked at of a statement or an expression. */
export interface TemplateNode {
  readonly type: string;
  readonly iterable?: TemplateNode;
  readonly body?: readonly TemplateNode[];
  readonly lhs?: TemplateNode;
  readonly left?: TemplateNode;
  readonly right?: TemplateNode;
  readonly property?: TemplateNode;
  readonly operator?: { readonly value: string };
  /** Of a call. */
  readonly callee?: TemplateNode;
  readonly args?: readonly TemplateNode[];
  /** Of what is looked up within a value, by brackets where it is computed. */
  readonly object?: TemplateNode;
  readonly computed?: boolean;
  /** Of an identifier or a literal. */
  readonly value?: unknown;
  /** Of a node of type `Given`, which stands for what was evaluated already. */
  readonly given?: RuntimeValue;
}

/** Longest text that a template may make on its way, in UTF-16 code units. */
const MAX_LENGTH = 1 << 22;
/** Nodes of a template that are evaluated, what they make and loops counted with its size: about a second's work. */
const MAX_WORK = 1_000_000;
/** Characters that are made in the time of a node. */
const CHARACTERS = 128;
/** Nodes that are evaluated in the time of one turn of a loop. */
const TURN = 4;

const { Interpreter } = library as unknown as Library;

/** Renders within bounds of work and memory, whatever the template does, and with values as Python has them. */
export class BoundedInterpreter extends Interpreter {
  readonly #loopedOver = new WeakSet<object>();
  /** Bodies of loops. */
  readonly #bodies = new WeakSet<object>();
  /** Bodies whose loop is broken off, with what the library breaks it off by. */
  readonly #broken = new Map<object, Error>();
  /** What is on its way out of blocks within a loop. */
  readonly #jumps = new WeakMap<object, Jump>();
  #work = 0;

  override evaluate(node: TemplateNode | undefined, environment: object): RuntimeValue {
    if (node?.given !== undefined) return node.given;
    const value = node?.type === 'For' ? this.#loop(node, environment) : super.evaluate(node, environment);
    this.#work += 1 + (node === undefined ? 0 : this.#sizeOf(node, value));
    if (this.#work > MAX_WORK) throw new Error('it does more than a template has to do');
    return value;
  }

  /** What a node has made, and what a loop over it will do. */
  #sizeOf(node: TemplateNode, value: RuntimeValue): number {
    const made = isLookUp(node) ? 0 : sizeOf(value);
    return this.#loopedOver.has(node) ? made + TURN * sizeOf(value) : made;
  }

  #loop(node: TemplateNode, environment: object): RuntimeValue {
    const body = node.body ?? [];
    this.#loopedOver.add(listOf(node));
    this.#bodies.add(body);
    try {
      return super.evaluate(node, environment);
    } finally {
      this.#broken.delete(body);
    }
  }

  /**
   * The library forgets what a turn of a loop has written before it is broken off. Here such a turn ends as others do, and a
   * loop that is broken off ends at the beginning of its next turn.
   */
  override evaluateBlock(body: readonly TemplateNode[], environment: object): RuntimeValue {
    const before = this.#broken.get(body);
    if (before !== undefined) throw before;
    let text = '';
    for (const node of body) {
      const piece = this.#pieceOf(node, environment);
      text += piece.text;
      if (piece.jump === undefined) continue;
      if (!this.#bodies.has(body)) throw this.#unfinished(piece.jump, text);
      if (piece.jump.isBreak) this.#broken.set(body, piece.jump.error);
      break;
    }
    return this.#text(text, environment);
  }

  /** What a node writes, and the jump that it ends in. */
  #pieceOf(node: TemplateNode, environment: object): { readonly text: string; readonly jump?: Jump } {
    try {
      const value = this.evaluate(node, environment);
      return { text: SILENT.has(node.type) ? '' : pythonText(value) };
    } catch (error) {
      const jump = this.#jumps.get(error as object) ?? jumpAt(node, error as Error);
      if (jump === undefined) throw error;
      return { text: jump.text, jump };
    }
  }

  #unfinished(jump: Jump, text: string): Error {
    this.#jumps.set(jump.error, { ...jump, text });
    return jump.error;
  }

  /** Python has nothing within what is not there, and counts characters, where the library counts UTF-16 units. */
  override evaluateMemberExpression(node: TemplateNode, environment: object): RuntimeValue {
    const object = this.evaluate(node.object, environment);
    if (object.type === 'UndefinedValue')
      throw new Error('it looks for something within a value that is undefined');
    if (isDepth(node)) throw new Error('loop.depth is not known');
    if (isIndex(node) && object.type === 'StringValue' && hasPairs(String(object.value)))
      throw new Error('it indexes or slices a text with characters beyond U+FFFF');
    return super.evaluateMemberExpression({ ...node, object: given(object) }, environment);
  }

  /** The library's strip() and its kin take white space off, whatever characters they are given. */
  override evaluateCallExpression(node: TemplateNode, environment: object): RuntimeValue {
    const { callee, args = [] } = node;
    const sides = STRIPS.get(String(callee?.property?.value));
    if (callee?.type !== 'MemberExpression' || callee.computed === true || sides === undefined)
      return super.evaluateCallExpression(node, environment);
    const object = this.evaluate(callee.object, environment);
    const known = { ...node, callee: { ...callee, object: given(object) } };
    if (object.type !== 'StringValue') return super.evaluateCallExpression(known, environment);
    const [characters, ...others] = args.map((one) => this.evaluate(one, environment));
    if (others.length > 0 || !['StringValue', 'NullValue', undefined].includes(characters?.type))
      throw new Error('strip() takes a text');
    const set = characters?.type === 'StringValue' ? String(characters.value) : undefined;
    return this.#text(stripped(String(object.value), sides, set), environment);
  }

  override evaluateBinaryExpression(node: TemplateNode, environment: object): RuntimeValue {
    const operator = node.operator?.value ?? '';
    if (!['~', '+', '%', '==', '!='].includes(operator))
      return super.evaluateBinaryExpression(node, environment);
    const [a, b] = [this.evaluate(node.left, environment), this.evaluate(node.right, environment)];
    if (operator === '~') return this.#text(pythonText(a) + pythonText(b), environment);
    if (operator === '+') {
      if ((a.type === 'StringValue') !== (b.type === 'StringValue')) throw new Error(`${a.type} + ${b.type}`);
      return super.evaluateBinaryExpression({ ...node, left: given(a), right: given(b) }, environment);
    }
    if (operator === '%') return this.#rest(node, [a, b], environment);
    return this.#truth(pythonEquals(a, b) === (operator === '=='), environment);
  }

  /** Python's rest has the divisor's sign. */
  #rest(
    node: TemplateNode,
    [a, b]: readonly [RuntimeValue, RuntimeValue],
    environment: object,
  ): RuntimeValue {
    const rest = super.evaluateBinaryExpression({ ...node, left: given(a), right: given(b) }, environment);
    if (!(Number(rest.value) * Number(b.value) < 0)) return rest;
    const sum = { ...node, left: given(rest), right: given(b), operator: { value: '+' } };
    return super.evaluateBinaryExpression(sum, environment);
  }

  override applyFilter(operand: RuntimeValue, filter: TemplateNode, environment: object): RuntimeValue {
    const name = filter.callee?.value ?? filter.value;
    if (name === 'string') return this.#text(pythonText(operand), environment);
    if (name === 'capitalize') return this.#text(capitalised(pythonText(operand)), environment);
    if (operand.type === 'StringValue' && filter.callee === undefined) {
      const text = String(operand.value);
      if (name === 'trim') return this.#text(stripped(text, STRIPS.get('strip')), environment);
      if (name === 'length')
        return super.evaluate({ type: 'IntegerLiteral', value: Array.from(text).length }, environment);
    }
    if (name !== 'join' || !Array.isArray(operand.value))
      return super.applyFilter(operand, filter, environment);
    const texts = (operand.value as RuntimeValue[]).map((item) => this.#text(pythonText(item), environment));
    const List = operand.constructor as new (items: readonly RuntimeValue[]) => RuntimeValue;
    return super.applyFilter(new List(texts), filter, environment);
  }

  #text(value: string, environment: object): RuntimeValue {
    return super.evaluate({ type: 'StringLiteral', value }, environment);
  }

  #truth(value: boolean, environment: object): RuntimeValue {
    const number = (one: number): TemplateNode => ({ type: 'IntegerLiteral', value: one });
    const compared = { type: 'BinaryExpression', left: number(1), right: number(value ? 1 : 2) };
    return super.evaluateBinaryExpression({ ...compared, operator: { value: '==' } }, environment);
  }
}

/** A `break` or `continue` on its way to its loop. */
interface Jump {
  /** The library's. */
  readonly error: Error;
  readonly isBreak: boolean;
  /** What the turn has written so far, innermost block first. */
  readonly text: string;
}

function jumpAt({ type }: TemplateNode, error: Error): Jump | undefined {
  return type === 'Break' || type === 'Continue' ? { error, isBreak: type === 'Break', text: '' } : undefined;
}

/** Whether a node looks up an index or a range instead of a name. */
function isIndex({ computed, property }: TemplateNode): boolean {
  return computed === true && property?.type !== 'StringLiteral';
}

/** How deep a loop is within others, which the library does not count. */
function isDepth({ object, property }: TemplateNode): boolean {
  return object?.value === 'loop' && ['depth', 'depth0'].includes(String(property?.value));
}

/** Statements that write nothing, whatever they give. */
const SILENT = new Set(['Set', 'Macro', 'Comment']);

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
}

function given(value: RuntimeValue): TemplateNode {
  return { type: 'Given', given: value };
}

/** What a loop runs over, its condition left aside. */
function listOf({ iterable = { type: '' } }: TemplateNode): TemplateNode {
  return iterable.type === 'SelectExpression' ? (iterable.lhs ?? iterable) : iterable;
}

/** Whether a node gives what is there already, whatever its size. */
function isLookUp({ type, property }: TemplateNode): boolean {
  return type === 'Identifier' || (type === 'MemberExpression' && property?.type !== 'SliceExpression');
}

/** Of a string, list or mapping of the library, as work. @throws Error for an oversized string and an inexact number */
function sizeOf({ type, value }: RuntimeValue): number {
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map) return value.size;
  if (type === 'IntegerValue' && !Number.isSafeInteger(value)) throw new Error('it counts beyond 2^53');
  if (typeof value !== 'string') return 0;
  if (value.length > MAX_LENGTH) throw new Error(`it makes a text of ${value.length} characters`);
  return value.length / CHARACTERS;
}
