import { CRITERIA, type Annotation, type Criterion, type StepAnnotation } from '../../api/model.ts';

/** Labels in progress: a step is undefined until it is judged. */
export interface Draft {
  readonly steps: readonly (StepAnnotation | undefined)[];
  readonly invalid: boolean;
  readonly comment: string;
}

const RIGHT: StepAnnotation = { invalid: false, broken: [] };

/** A draft of a path, from the annotator's earlier annotation. */
export function draftOf(stepCount: number, earlier: Annotation | undefined): Draft {
  const steps = Array.from({ length: stepCount }, (_, index) => earlier?.steps[index]);
  return { steps, invalid: earlier?.invalid ?? false, comment: earlier?.comment ?? '' };
}

/** Labels a step as right. */
export function markRight(draft: Draft, index: number): Draft {
  return withStep(draft, index, RIGHT);
}

/** Marks a step that cannot be judged, or unmarks it. */
export function toggleInvalid(draft: Draft, index: number): Draft {
  const isInvalid = draft.steps[index]?.invalid === true;
  return withStep(draft, index, isInvalid ? undefined : { invalid: true, broken: [] });
}

/** Toggles a criterion that a step breaks; a step without any becomes unjudged. */
export function toggleCriterion(draft: Draft, index: number, criterion: Criterion): Draft {
  const before = draft.steps[index]?.broken ?? [];
  const chosen = new Set(
    before.includes(criterion) ? before.filter((one) => one !== criterion) : [...before, criterion],
  );
  const broken = CRITERIA.filter((one) => chosen.has(one));
  return withStep(draft, index, broken.length === 0 ? undefined : { invalid: false, broken });
}

/** Whether every step is judged, or the path as a whole is invalid. */
export function isComplete({ steps, invalid }: Draft): boolean {
  return invalid || steps.every((step) => step !== undefined);
}

/** The steps as they are saved; those of an invalid path may stay open. */
export function stepsOf({ steps }: Draft): StepAnnotation[] {
  return steps.map((step) => step ?? { invalid: true, broken: [] });
}

function withStep(draft: Draft, index: number, step: StepAnnotation | undefined): Draft {
  return { ...draft, steps: draft.steps.with(index, step) };
}
