import { FolderArtifactStore } from '@sipf/artifacts';
import { common, generation, verification } from '@sipf/contracts';
import { pathKey } from '@sipf/method';
import { parseModel, readRecords, ROWS } from '@sipf/runs';
import { createClient } from '@sipf/service';
import { taskNamed, type Problem } from '@sipf/tasks';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { outputsOf, readLog, startSipf, type Ended } from '../../end-to-end/run-processes.ts';
import { collect } from '../../support/calls.ts';
import { startProgram } from '../../support/start-program.ts';

/** A run's folder, and its end. */
export interface WholeRun {
  readonly runFolder: string;
  readonly ended: Promise<Ended>;
}

/** Starts `sipf run` on a configuration. */
export function startRun(folder: string, id: string, config: object): WholeRun {
  const file = join(folder, `${id}.yaml`);
  writeFileSync(file, stringify(config));
  const { ended } = startSipf(['run', '--config', file, '--run-id', id, '--runs', folder, '--no-dashboard']);
  return { runFolder: join(folder, id), ended };
}

/** Seconds that each stage took, by the log. */
export function secondsOf(runFolder: string): Readonly<Record<string, number>> {
  const started = new Map<string, number>();
  const seconds: Record<string, number> = {};
  for (const { kind, stage = '', at } of readLog(runFolder)) {
    if (kind === 'stage-started') started.set(stage, Date.parse(at));
    if (kind === 'stage-completed') seconds[stage] = (Date.parse(at) - (started.get(stage) ?? NaN)) / 1000;
  }
  return seconds;
}

/** What each line of a log says happened, but for what differs from machine to machine. */
export function storyOf(runFolder: string): string[] {
  return readLog(runFolder)
    .filter(({ kind }) => kind.startsWith('stage-'))
    .map(({ kind, stage = '' }) => `${kind} ${stage}`)
    .sort();
}

interface Evaluation {
  readonly task: 'arithmetic' | 'programs' | 'mbpp';
  /** The stage, and the stage that made the model it asked. */
  readonly stage: string;
  readonly of: string;
  readonly maxNewTokens: number;
}

/** Expects the greedy paths of an evaluation to be those that our engine writes with the same model. */
export async function expectOwnPaths(runFolder: string, evaluation: Evaluation): Promise<void> {
  const { artifacts, outputs, problems } = await openRun(runFolder);
  const paths = await readRecords(artifacts, outputs[evaluation.stage]?.['paths'] ?? '', ROWS.paths);
  expect(paths.length).toBe(problems.length);
  const task = taskNamed(evaluation.task);
  const style = { kind: 'zero-shot' } as const;
  await using program = await startProgram('generation', ['--artifacts', join(runFolder, 'artifacts')]);
  using client = createClient(generation.GenerationServiceDefinition, program.address);
  const request = generation.GenerateRequest.fromPartial({
    model: parseModel(outputs[evaluation.of]?.['model'] ?? ''),
    sampling: common.SamplingSettings.fromPartial({
      ...{ n: 1, greedy: true, maxNewTokens: evaluation.maxNewTokens },
      stopStrings: [...task.stopStrings(style)],
    }),
    prompts: problems.map((problem) => ({ id: problem.id, text: task.prompt(problem, style) })),
  });
  const own = new Map(
    (await collect(client.generate(request))).map(({ promptId, text }) => [promptId, text]),
  );
  expect(paths.map(({ text }) => text)).toEqual(paths.map(({ questionId }) => own.get(questionId)));
}

/** Expects the scores of a stage to be those of our engine with the same verifier, to float32's rounding. */
export async function expectOwnScores(
  runFolder: string,
  { stage, of, sampled }: { readonly stage: string; readonly of: string; readonly sampled: string },
): Promise<void> {
  const { artifacts, outputs } = await openRun(runFolder);
  const problems = await problemsOf(artifacts, outputs['data']?.['loop'] ?? '');
  const scores = await readRecords(artifacts, outputs[stage]?.['scores'] ?? '', ROWS.scores);
  const paths = await readRecords(artifacts, outputs[sampled]?.['paths'] ?? '', ROWS.paths);
  const judged = paths.filter(({ steps }) => steps.length > 0);
  expect(scores.map(({ path }) => path)).toEqual(judged.map(pathKey));
  const questions = new Map(problems.map(({ id, question }) => [id, question]));
  const rows = judged.map((path) => ({
    ...{ id: pathKey(path), question: questions.get(path.questionId) ?? '' },
    steps: path.steps.map(({ text }) => text),
  }));
  await using program = await startProgram('verification', ['--artifacts', join(runFolder, 'artifacts')]);
  using client = createClient(verification.VerificationServiceDefinition, program.address);
  const model = parseModel(outputs[of]?.['model'] ?? '');
  const own = await client.score({ model, rows });
  own.scores.forEach(({ result }, at) => {
    const probabilities = result?.$case === 'steps' ? result.value.probabilities : [];
    expect(scores[at]?.probabilities).toHaveLength(probabilities.length);
    probabilities.forEach((value, step) => {
      expect(scores[at]?.probabilities[step]).toBeCloseTo(value, 4);
    });
  });
  expect(scores.flatMap(({ probabilities }) => probabilities).length).toBeGreaterThan(paths.length);
}

async function openRun(runFolder: string) {
  const artifacts = new FolderArtifactStore(join(runFolder, 'artifacts'));
  const outputs = outputsOf(runFolder);
  const problems = await problemsOf(artifacts, outputs['data']?.['test'] ?? '');
  return { artifacts, outputs, problems };
}

function problemsOf(artifacts: FolderArtifactStore, digest: string): Promise<Problem[]> {
  return readRecords(artifacts, digest, ROWS.problems);
}
