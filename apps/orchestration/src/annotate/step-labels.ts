import type { Annotation } from './annotation-book.ts';

/** A path as its annotators see it. */
export interface AnnotatedPath {
  readonly stage: string;
  readonly pathKey: string;
  /** The valid annotations, one an annotator. */
  readonly annotations: readonly Annotation[];
}

/** The labels of an annotation: true for a step that breaks no criterion, undefined for one that cannot be judged. */
export function labelsOf({ invalid, steps }: Annotation): (boolean | undefined)[] {
  return steps.map((step) => (invalid || step.invalid ? undefined : step.broken.length === 0));
}

/** The valid annotations by path, in the order in which the paths first came. */
export function annotatedPaths(annotations: readonly Annotation[]): AnnotatedPath[] {
  const valid = annotations.filter((annotation) => labelsOf(annotation).some((label) => label !== undefined));
  const groups = Map.groupBy(valid, ({ stage, pathKey }) => JSON.stringify([stage, pathKey]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ stage: first.stage, pathKey: first.pathKey, annotations: group }];
  });
}

/** A step's label by most annotators; undefined at a tie and where nobody could judge it. */
export function majorityLabels({ annotations }: AnnotatedPath): (boolean | undefined)[] {
  const labels = annotations.map(labelsOf);
  return (labels[0] ?? []).map((_, step) => {
    const votes = labels.flatMap((own) => own[step] ?? []);
    const right = votes.filter(Boolean).length;
    return 2 * right === votes.length ? undefined : 2 * right > votes.length;
  });
}
