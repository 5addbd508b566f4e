import { annotation as contract } from '@sipf/contracts';
import type { Agreement, Annotation, Criterion } from '../../api/model.ts';

const { StepCriterion } = contract;

const CRITERION_NAMED = {
  calculation: StepCriterion.CALCULATION,
  operands: StepCriterion.OPERANDS,
  logic: StepCriterion.LOGIC,
  relevance: StepCriterion.RELEVANCE,
} as const satisfies Record<Criterion, contract.StepCriterion>;

const NAMES = new Map<contract.StepCriterion, Criterion>(
  (Object.entries(CRITERION_NAMED) as [Criterion, contract.StepCriterion][]).map(([name, value]) => [
    value,
    name,
  ]),
);

/** The page's annotation for the service. */
export function toContract({ steps, ...rest }: Annotation): contract.Annotation {
  return contract.Annotation.fromPartial({
    ...rest,
    steps: steps.map(({ invalid, broken }) => ({
      invalid,
      broken: broken.map((name) => CRITERION_NAMED[name]),
    })),
  });
}

/** The service's annotation for the page. */
export function annotationOf(given: contract.Annotation): Annotation {
  const { annotator, stage, pathKey, invalid, comment, steps } = given;
  return {
    annotator,
    stage,
    pathKey,
    invalid,
    comment,
    steps: steps.map((step) => ({
      invalid: step.invalid,
      broken: step.broken.flatMap((criterion) => NAMES.get(criterion) ?? []),
    })),
  };
}

/** Agreement for the page. */
export function agreementOf({ pairs, ...rest }: contract.GetAgreementResponse): Agreement {
  const { annotators, paths, sharedSteps, fleissKappa } = rest;
  return {
    annotators,
    paths,
    sharedSteps,
    fleissKappa,
    pairs: pairs.map(({ cohenKappa: kappa, ...pair }) => ({ ...pair, kappa })),
  };
}
