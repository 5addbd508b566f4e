/** A stage's id taken apart: `score-2` is `score` in iteration 2, `continued-sft` has none. */
interface StageName {
  readonly kind: string;
  readonly iteration: number | undefined;
}

function parseStageId(id: string): StageName {
  const match = /^(.+)-(\d+)$/.exec(id);
  return match === null
    ? { kind: id, iteration: undefined }
    : { kind: match[1] ?? id, iteration: Number(match[2]) };
}

/** `iteration 2: score`, or the id of a stage outside of the iterations. */
export function titleOf(id: string): string {
  const { kind, iteration } = parseStageId(id);
  return iteration === undefined ? kind : `iteration ${iteration}: ${kind}`;
}
