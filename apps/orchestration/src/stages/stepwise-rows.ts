import { denoiseLabels, pathKey, selectForLabelling, type Path } from '@sipf/method';
import { createRng } from '@sipf/random';
import { type LabelRecord, readRecords, ROWS, type StepwiseRow } from '@sipf/runs';
import { canBeJudged } from './request-bytes.ts';
import { problemOf, problemsById } from './simulate.ts';
import { inputOf, inputWhereMade, type StageContext } from './stage-context.ts';

/** D_V in the field's stepwise format: step labels by roll-outs, or the outcome alone for a method without them. */
export async function stepwiseRows(context: StageContext<'train-verifier'>): Promise<StepwiseRow[]> {
  const paths = await readRecords(context.artifacts, inputOf(context, 'sample').outputs.paths, ROWS.paths);
  const problems = await problemsById(context);
  const questionOf = (path: Path): string => problemOf(problems, path).question;
  const labelled = inputWhereMade(context, 'label');
  if (labelled === undefined) return outcomeRows(context, paths, questionOf);
  const records = await readRecords(context.artifacts, labelled.outputs.labels, ROWS.labels);
  return labelledRows(context, { paths, records, questionOf });
}

/** A path with a step that the roll-outs left undecided ends before it. */
function labelledRows(
  { settings: { verifier } }: StageContext<'train-verifier'>,
  {
    paths,
    records,
    questionOf,
  }: {
    readonly paths: readonly Path[];
    readonly records: readonly LabelRecord[];
    readonly questionOf: (path: Path) => string;
  },
): StepwiseRow[] {
  const byKey = new Map(paths.map((path) => [pathKey(path), path]));
  return records.flatMap(({ path: key, labels: steps }): StepwiseRow[] => {
    const path = byKey.get(key);
    const undecided = steps.findIndex(({ hard }) => hard === undefined);
    const decided = undecided === -1 ? steps : steps.slice(0, undecided);
    if (path === undefined || decided.length === 0) return [];
    const labels = denoiseLabels(decided, verifier.denoising);
    if (labels.every(({ hard }) => hard === undefined)) return [];
    return [
      {
        prompt: questionOf(path),
        completions: path.steps.slice(0, decided.length).map(({ text }) => text),
        labels: labels.map(({ hard }) => (hard === undefined ? null : hard === 1)),
        soft_labels: labels.map(({ hard, soft }) => soft ?? hard ?? null),
      },
    ];
  });
}

/** The outcomes of the paths whose steps a process reward model would be trained on: one label each, at its last step. */
function outcomeRows(
  { settings, seed, stage }: StageContext<'train-verifier'>,
  paths: readonly Path[],
  questionOf: (path: Path) => string,
): StepwiseRow[] {
  const known = paths.filter(
    (path) => path.outcome !== 'unknown' && path.steps.length > 0 && canBeJudged(path),
  );
  const { simulation } = settings;
  const rng = createRng(seed).split(`label-${stage.iteration}`);
  const chosen = simulation === undefined ? known : selectForLabelling(known, simulation, rng);
  return chosen.map((path) => {
    const labels = path.steps.map(() => path.outcome === 'correct');
    const completions = path.steps.map(({ text }) => text);
    return { prompt: questionOf(path), completions, labels, soft_labels: labels.map(Number) };
  });
}
