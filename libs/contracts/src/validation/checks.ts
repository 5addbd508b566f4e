import type { FieldViolation } from '@sipf/errors';
import { describeBound, isWithin, type Bound } from '../bounds.ts';

/** Collects what is wrong with one message; every check names the field it looks at. */
export class Checks {
  readonly violations: FieldViolation[] = [];
  readonly #prefix: string;

  constructor(prefix = '', violations: FieldViolation[] = []) {
    this.#prefix = prefix;
    this.violations = violations;
  }

  /** Checks of a nested message; its fields are reported under `field`. */
  nested(field: string): Checks {
    return new Checks(this.#path(field), this.violations);
  }

  require(holds: boolean, field: string, description: string): boolean {
    if (!holds) this.violations.push({ field: this.#path(field), description });
    return holds;
  }

  /** Length in UTF-16 code units. */
  text(value: string, field: string, { min = 0, max }: { min?: number; max: number }): void {
    this.require(
      value.length >= min && value.length <= max,
      field,
      `must have ${min} to ${max} characters, has ${value.length}`,
    );
  }

  /** @param bound a row of the table of bounds */
  within(value: number, field: string, bound: Bound): void {
    this.require(isWithin(value, bound), field, `must be ${describeBound(bound)}, is ${value}`);
  }

  /** Length in bytes of UTF-8. */
  bytes(value: string, field: string, max: number): void {
    const length = Buffer.byteLength(value);
    this.require(length <= max, field, `must have at most ${max} bytes of UTF-8, has ${length}`);
  }

  integer(value: number, field: string, { min, max }: { min: number; max: number }): void {
    this.within(value, field, { min, max, isWhole: true });
  }

  count(items: readonly unknown[], field: string, { min, max }: { min: number; max: number }): boolean {
    return this.require(
      items.length >= min && items.length <= max,
      field,
      `must have ${min} to ${max} entries, has ${items.length}`,
    );
  }

  digest(value: string, field: string, options: { optional?: boolean } = {}): void {
    if (options.optional === true && value === '') return;
    this.require(/^sha256:[0-9a-f]{64}$/.test(value), field, 'must be sha256: and 64 hexadecimal digits');
  }

  distinct(values: readonly string[], field: string): void {
    const seen = new Set<string>();
    for (const [index, value] of values.entries()) {
      this.require(!seen.has(value), `${field}[${index}]`, `"${value.slice(0, 64)}" is there twice`);
      seen.add(value);
    }
  }

  #path(field: string): string {
    return this.#prefix === '' ? field : `${this.#prefix}.${field}`;
  }
}
