import type { DataTable } from '@sipf/figures';
import type { NamedFigure } from '../charts/named-figure.ts';
import type { LengthExample } from '../error-analysis/path-lengths.ts';
import type { SamplePair } from '../error-analysis/sample-pairs.ts';

/** A report before it is put into a format. */
export interface Report {
  readonly title: string;
  /** One or two sentences under the title. */
  readonly summary: string;
  readonly sections: readonly Section[];
}

export interface Section {
  /** names its anchor in the page, e.g. `accuracy`. */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A part of a section. */
export type Block =
  | { readonly kind: 'table'; readonly table: DataTable }
  | { readonly kind: 'figure'; readonly figure: NamedFigure }
  | { readonly kind: 'text'; readonly text: string }
  | {
      /** What the runs do not contain, and what would produce it. */
      readonly kind: 'missing';
      readonly what: string;
      /** A command that would give it, or a reason. */
      readonly how: string;
    }
  | { readonly kind: 'pair'; readonly run: string; readonly pair: SamplePair }
  | { readonly kind: 'path'; readonly title: string; readonly path: LengthExample };

/** The tables of a report, in order. */
export function tablesOf({ sections }: Report): DataTable[] {
  return sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === 'table' ? [block.table] : [])),
  );
}

/** The figures of a report, in order. */
export function figuresOf({ sections }: Report): NamedFigure[] {
  return sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === 'figure' ? [block.figure] : [])),
  );
}
