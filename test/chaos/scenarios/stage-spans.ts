import type { LogLine } from '../../end-to-end/run-processes.ts';

/** When something began and ended, in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** When each stage was at work, by stage. */
export type StageSpans = ReadonlyMap<string, Span>;

/** Those of a run whose stages were begun once; a stage that has not ended lasts for ever. */
export function spansOf(log: readonly LogLine[]): StageSpans {
  const spans = new Map<string, Span>();
  for (const { at, kind, stage = '' } of log) {
    if (kind === 'stage-started') spans.set(stage, { from: Date.parse(at), to: Infinity });
    const span = spans.get(stage);
    if (kind === 'stage-completed' && span !== undefined) spans.set(stage, { ...span, to: Date.parse(at) });
  }
  return spans;
}

/** The stages that were at work at any time of a span. */
export function stagesDuring(spans: StageSpans, { from, to }: Span): string[] {
  return [...spans].filter(([, span]) => span.from < to && span.to > from).map(([stage]) => stage);
}
