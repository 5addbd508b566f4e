import type { EnginePart } from '@sipf/contracts';
import { samplingOf } from '@sipf/method';
import { planRun } from '../plan/plan-run.ts';
import { stageSettings, trainingOf } from '../plan/stage-settings.ts';
import { isTraining, type Stage } from '../plan/stage.ts';
import { pathTokens, type Facts } from './facts.ts';

/** What a stage does, in tokens and rows; upper bounds where a run finds out how many paths differ or make pairs. */
export interface Work {
  /** What does it; undefined for stages that take no time to speak of. */
  readonly part: EnginePart | undefined;
  /** Tokens that are read: prompts and prefixes before roll-outs, or whole paths to score. */
  readonly read: number;
  readonly written: number;
  /** Tokens that are trained on, all epochs together. */
  readonly trained: number;
  /** Questions, paths, pairs or rows. */
  readonly rows: number;
  /** Keys and values of a sequence while it is written, in tokens, on average; 0 where nothing is. */
  readonly context: Counted;
  /** How the tokens are counted, with the numbers. */
  readonly how: string;
}

/** A number and how it is computed, in words. */
export interface Counted {
  readonly value: number;
  readonly how: string;
}

const NOTHING = {
  ...{ part: undefined, read: 0, written: 0, trained: 0, rows: 0, how: '' },
  context: { value: 0, how: '' },
} as const;

/** What each stage of a plan does. @param plan as `planRun` gives it */
export function worksOf(plan: readonly Stage[], facts: Facts): ReadonlyMap<string, Work> {
  return new Map(plan.map((stage) => [stage.id, workOf(stage, plan, facts)]));
}

/** The parts of a run's work that it has at all. */
export function engineParts(facts: Facts): ReadonlySet<EnginePart> {
  const works = worksOf(planRun(facts.config), facts);
  return new Set([...works.values()].flatMap(({ part }) => part ?? []));
}

function workOf(stage: Stage, plan: readonly Stage[], facts: Facts): Work {
  switch (stage.kind) {
    case 'sample':
      return sampleWork(stage.iteration, facts);
    case 'label':
      return labelWork(stage.iteration, facts);
    case 'score':
      return scoreWork(stage.iteration, facts);
    case 'pair':
      return { ...NOTHING, rows: pairsAt(stage, plan, facts), how: pairsHow(facts) };
    case 'filter':
      return { ...NOTHING, rows: pathsAt(stage.iteration, facts), how: 'all paths drawn, at most' };
    case 'evaluate':
    case 'evaluate-samples':
      return evaluationWork(stage, facts);
    default:
      return isTraining(stage) ? trainingWork(stage, plan, facts) : NOTHING;
  }
}

/** Eq. 1: questions x paths x tokens of a path; a question is read once for all its paths. */
function sampleWork(iteration: number, facts: Facts): Work {
  const { counts, texts } = facts;
  const paths = pathsAt(iteration, facts);
  const tokens = pathTokens(facts);
  return {
    ...NOTHING,
    part: 'policy',
    rows: paths,
    read: counts.loop * texts.prompt.mean,
    written: paths * tokens,
    context: contextOf(texts.prompt.mean, tokens),
    how: `${counts.loop} questions x ${paths / counts.loop} paths x ${round(tokens)} tokens`,
  };
}

/**
 * Eq. 2: of S steps the first S - 1 are prefixes; after step t there are (S - t) / S of the path left, half of it on average,
 * so that roll-outs write prefixes x N x C / 2 tokens and read the question and half a path for each prefix.
 */
function labelWork(iteration: number, facts: Facts): Work {
  const { config, counts, texts } = facts;
  const paths = labelledPaths(iteration, facts);
  const { rollouts = 0 } = config.simulation ?? {};
  const prefixes = paths * Math.max(0, texts.steps - 1);
  const half = pathTokens(facts) / 2;
  const rollout = Math.min(half, config.simulation?.maxNewTokens ?? half);
  return {
    ...NOTHING,
    part: 'simulator',
    rows: paths,
    read: prefixes * (texts.prompt.mean + half),
    written: prefixes * rollouts * rollout,
    context: contextOf(texts.prompt.mean, rollout, half),
    how:
      `${paths} paths of ${Math.min(counts.loop, config.simulation?.questions ?? 0)} questions ` +
      `x ${round(texts.steps - 1)} prefixes x ${rollouts} roll-outs x ${round(rollout)} tokens`,
  };
}

/** Eq. 5: every path with its question, though equal paths are scored once. */
function scoreWork(iteration: number, facts: Facts): Work {
  const { counts, texts } = facts;
  const paths = pathsAt(iteration, facts);
  const tokens = texts.prompt.mean + pathTokens(facts);
  return {
    ...NOTHING,
    part: 'verifier',
    rows: paths,
    read: paths * tokens,
    how:
      `at most ${counts.loop} questions x ${paths / counts.loop} paths x (${round(texts.prompt.mean)} ` +
      `+ ${round(pathTokens(facts))}) tokens, of the question and of a path`,
  };
}

function evaluationWork(stage: Stage, facts: Facts): Work {
  const { config, counts, texts } = facts;
  const own: Readonly<Record<string, number>> = { test: counts.test, validation: counts.validation };
  const questions = own[stage.dataset ?? 'test'] ?? counts.others[stage.dataset ?? ''] ?? 0;
  const samples = stage.kind === 'evaluate-samples' ? (config.evaluation.samples?.count ?? 1) : 1;
  const tokens = Math.min(texts.solution.mean, config.evaluation.maxNewTokens);
  const isFewShot = stage.method?.kind === 'evaluate' && stage.method.prompt === 'few-shot';
  const prompt = (isFewShot ? texts.shown : undefined) ?? texts.prompt;
  return {
    ...NOTHING,
    part: 'policy',
    rows: questions * samples,
    read: questions * prompt.mean,
    written: questions * samples * tokens,
    context: contextOf(prompt.mean, tokens),
    how: `${questions} questions x ${samples} x ${round(tokens)} tokens`,
  };
}

/** What is there before the first new token, and half of what is written. */
function contextOf(question: number, written: number, prefix = 0): Counted {
  const before = prefix === 0 ? '' : ` + ${round(prefix)} of a prefix`;
  return {
    value: question + prefix + written / 2,
    how: `${round(question)} of the question${before} + ${round(written)} / 2 written`,
  };
}

function trainingWork(stage: Stage & { readonly kind: string }, plan: readonly Stage[], facts: Facts): Work {
  if (!isTraining(stage)) return NOTHING;
  const { optimisation } = trainingOf(stage, stageSettings(stage, facts.config));
  const row = facts.texts.prompt.mean + pathTokens(facts);
  const { rows, texts, what } = trainedRows(stage, plan, facts);
  const { epochs, maxSteps, batchSize } = optimisation;
  const passes = maxSteps === undefined ? epochs : (maxSteps * batchSize) / Math.max(1, rows);
  return {
    ...NOTHING,
    part: 'trainer',
    rows,
    trained: rows * texts * row * passes,
    how:
      `${rows} ${what} x ${texts === 1 ? '' : `${texts} x `}(${round(facts.texts.prompt.mean)} + ` +
      `${round(pathTokens(facts))}) tokens, of the question and of a path, x ${round(passes)} epochs`,
  };
}

interface Rows {
  readonly rows: number;
  /** Texts of a row: two of a pair. */
  readonly texts: 1 | 2;
  readonly what: string;
}

function trainedRows(stage: Stage, plan: readonly Stage[], facts: Facts): Rows {
  const { counts } = facts;
  switch (stage.kind) {
    case 'align': {
      const pair = plan.find(({ id }) => id === stage.reads.pair);
      const rows = pair === undefined ? 0 : pairsAt(pair, plan, facts);
      const isOne = stage.method.objective === 'nll-chosen';
      return { rows, texts: isOne ? 1 : 2, what: 'pairs at most' };
    }
    case 'train-verifier': {
      const rows = labelledPaths(stage.iteration, facts);
      return { rows, texts: 1, what: 'labelled paths' };
    }
    case 'sft': {
      const own = stage.reads.filter === undefined ? 0 : pathsAt(stage.iteration, facts);
      return { rows: counts.train + own, texts: 1, what: own > 0 ? 'rows at most' : 'rows' };
    }
    case 'simulator':
      return { rows: counts.simulator, texts: 1, what: 'rows' };
    default:
      return { rows: counts.train, texts: 1, what: 'rows' };
  }
}

/** Paths that an iteration draws: questions x paths, halved each time (`samplingOf`). */
function pathsAt(iteration: number, { config, counts }: Facts): number {
  return counts.loop * samplingOf(Math.max(1, iteration), config.sampling).pathsPerQuestion;
}

function labelledPaths(iteration: number, { config, counts }: Facts): number {
  const { questions = 0, pathsPerQuestion = 0 } = config.simulation ?? {};
  const drawn = samplingOf(Math.max(1, iteration), config.sampling).pathsPerQuestion;
  return Math.min(questions, counts.loop) * Math.min(pathsPerQuestion, drawn);
}

/** At most as many pairs of a question as settings allow, and as n paths make where half are right. */
function pairsAt(stage: Stage, plan: readonly Stage[], facts: Facts): number {
  const accumulates = stage.method?.kind === 'pair' && stage.method.accumulate;
  const counted = plan.filter(
    ({ kind, iteration }) =>
      kind === 'pair' && (accumulates ? iteration <= stage.iteration : iteration === stage.iteration),
  );
  return counted.reduce(
    (sum, { iteration }) => sum + facts.counts.loop * pairsOfQuestion(iteration, facts),
    0,
  );
}

function pairsOfQuestion(iteration: number, { config }: Facts): number {
  const n = samplingOf(Math.max(1, iteration), config.sampling).pathsPerQuestion;
  const { maxPairsPerQuestion = 0, maxPairsPerPath = 0 } = config.pairs ?? {};
  return Math.min(maxPairsPerQuestion, Math.floor(n / 2) * maxPairsPerPath, Math.floor((n * n) / 4));
}

function pairsHow({ config }: Facts): string {
  const { maxPairsPerQuestion = 0 } = config.pairs ?? {};
  return `at most ${maxPairsPerQuestion} pairs of a question and iteration, with those of the iterations before`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
