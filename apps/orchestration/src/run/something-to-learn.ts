import type { RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { planRun, type Stage, type StageResult } from '@sipf/runs';

type Counts = StageResult['counts'];

/**
 * Stops a run at the stage that knows that nothing can be learnt from what it has made.
 * @throws SipfError failed-precondition NOTHING_TO_LEARN that says what there is, and which settings to change
 */
export function requireSomethingToLearn(
  stage: Stage,
  { counts }: Pick<StageResult, 'counts'>,
  config: RunConfig,
): void {
  const why = hopeless(stage, counts, config);
  if (why === undefined) return;
  throw new SipfError('failed-precondition', `stage ${stage.id}: ${why.what}. To change: ${why.remedy}`, {
    reason: 'NOTHING_TO_LEARN',
    violations: [{ field: stage.id, description: why.what }],
  });
}

interface Hopeless {
  readonly what: string;
  /** Settings and what to do to them. */
  readonly remedy: string;
}

const MORE_RIGHT =
  'train the policy for longer (sft.epochs) or give a stronger one (policy.model), draw more paths (sampling.pathsPerQuestion), ' +
  'let them be longer (sampling.maxNewTokens), or ask easier questions';
const MORE_WRONG =
  'draw more paths (sampling.pathsPerQuestion) at a higher sampling.temperature, or ask harder questions';

const SHORTER =
  'let paths be shorter (sampling.maxNewTokens), or give a simulator that takes such texts (simulator.model)';

function hopeless(stage: Stage, counts: Counts, config: RunConfig): Hopeless | undefined {
  switch (stage.kind) {
    case 'sample':
      return hopelessPaths(counts, needsOf(stage, config));
    case 'label':
      return hopelessLabels(counts);
    case 'score':
      return hopelessScores(counts);
    case 'pair':
      return counts['pairs'] === 0 ? noPairs(stage) : undefined;
    case 'filter':
      return counts['paths'] === 0
        ? { what: 'no own path is left to learn from', remedy: `lower filter.minReward, or ${MORE_RIGHT}` }
        : undefined;
    default:
      return undefined;
  }
}

/** What the stages after a sampling cannot do without. */
interface Needs {
  readonly right: boolean;
  readonly wrong: boolean;
}

/** Later iterations of a set that accumulates have what the earlier ones left. */
function needsOf({ id, iteration }: Stage, config: RunConfig): Needs {
  const methods = planRun(config).flatMap(({ reads, method }) => (reads.sample === id ? [method] : []));
  const isOnItsOwn = (accumulate: boolean): boolean => iteration === 1 || !accumulate;
  const pairs = methods.some(
    (method) => method?.kind === 'pair' && method.pairing !== 'reward' && isOnItsOwn(method.accumulate),
  );
  const own = methods.some((method) => method?.kind === 'filter' && isOnItsOwn(method.accumulate));
  return { right: pairs || own, wrong: pairs };
}

function hopelessPaths({ positive, negative, drawn }: Counts, needs: Needs): Hopeless | undefined {
  if (needs.right && positive === 0)
    return { what: `none of ${drawn ?? 0} paths is right`, remedy: MORE_RIGHT };
  if (needs.wrong && negative === 0) {
    return {
      what: `none of ${drawn ?? 0} paths is wrong, so there is nothing to prefer`,
      remedy: MORE_WRONG,
    };
  }
  return undefined;
}

function hopelessLabels({ steps = 0, undecided = 0, unlabelled = 0 }: Counts): Hopeless | undefined {
  if (steps > undecided) return undefined;
  if (steps === 0 && unlabelled > 0)
    return { what: `none of ${unlabelled} paths can be labelled`, remedy: SHORTER };
  return {
    what: `no step of ${steps} has a label`,
    remedy: 'draw more simulation.rollouts, or let them be longer (simulation.maxNewTokens)',
  };
}

function hopelessScores({ paths = 0, unscored = 0 }: Counts): Hopeless | undefined {
  if (paths === 0 || unscored < paths) return undefined;
  return {
    what: `the verifier can read none of ${paths} paths`,
    remedy: `${SHORTER} or verifier.base: policy`,
  };
}

function noPairs({ method }: Stage): Hopeless {
  const byReward = method?.kind === 'pair' && method.pairing !== 'outcome';
  const margin = byReward ? 'lower pairs.margin, or ' : '';
  const remedy = `${margin}draw more paths of a question, of which some are right and some wrong (sampling.pathsPerQuestion, sampling.temperature)`;
  return { what: 'no two paths of a question make a pair', remedy };
}

/** What is odd about a stage's result, in words for people; the run goes on. */
export function warningsOf(stage: Stage, counts: Counts): string[] {
  return [...leftOut(stage, counts), ...oneClass(stage, counts)];
}

/** What a stage could not work on, by the count that says so. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  unlabelled: 'paths have no labels: the simulator cannot read them, or they are longer than a request takes',
  unscored: 'paths have no reward: the verifier cannot read them, or they are too long',
  droppedRows:
    'rows are left out of the training: longer than maxSequenceTokens or the model take, or unreadable',
};

function leftOut({ id }: Stage, counts: Counts): string[] {
  return Object.entries(LEFT_OUT).flatMap(([name, what]) => {
    const count = counts[name] ?? 0;
    return count === 0 ? [] : [`${id}: ${count} ${what}`];
  });
}

function oneClass({ id, kind }: Stage, { steps = 0, right }: Counts): string[] {
  if (kind !== 'train-verifier' || right === undefined || steps === 0) return [];
  if (right !== 0 && right !== steps) return [];
  const which = right === 0 ? 'wrong' : 'right';
  return [
    `${id}: all ${steps} labels are "${which}": a verifier of one class tells no step from another; label paths of both outcomes`,
  ];
}
