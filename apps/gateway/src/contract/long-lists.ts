import type { DescMessage } from '@bufbuild/protobuf';
import { MAX_BATCH } from '@sipf/contracts';

/** A list with more entries than any list of a request may have. */
export interface LongList {
  /** As the proto spells it, e.g. `rows`. */
  readonly field: string;
  readonly count: number;
}

/** The first list of a request with too many entries; refusing it by its length saves reading them. */
export function longListOf(descriptor: DescMessage, json: unknown): LongList | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const values = json as Readonly<Record<string, unknown>>;
  for (const field of descriptor.fields) {
    const value = values[field.jsonName] ?? values[field.name];
    const items = Array.isArray(value) ? (value as unknown[]) : [value];
    if (items.length > MAX_BATCH) return { field: field.name, count: items.length };
    if (field.message === undefined) continue;
    for (const [at, item] of items.entries()) {
      const within = longListOf(field.message, item);
      const name = field.fieldKind === 'list' ? `${field.name}[${at}]` : field.name;
      if (within !== undefined) return { ...within, field: `${name}.${within.field}` };
    }
  }
  return undefined;
}
