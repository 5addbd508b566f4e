import { FolderArtifactStore } from '@sipf/artifacts';
import { common, generation, verification } from '@sipf/contracts';
import { pathKey } from '@sipf/method';
import { parseModel, readRecords, ROWS } from '@sipf/runs';
import { createClient } from '@sipf/service';
import { taskNamed, type Problem } from '@sipf/tasks';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { outputsOf, readLog, startSipf, type Ended } from '../../end-to-end/run-processes.ts';
import { root } from '../../run/step.ts';
import { collect } from '../../support/calls.ts';
import { startProgram } from '../../support/start-program.ts';
import { EVERY_SERVER, SMALL } from './vllm-server.ts';

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

/** A vLLM that `deploy/vllm/restart-vllm.sh` starts with whatever model is asked for; all parts of a run may share it. */
export interface HookedServer {
  readonly url: string;
  /** Writes a program for `hook`. @param flags of vLLM, beside those of every server */
  hook(name: string, flags: readonly string[]): string;
  /** The digests that it was started with, in order. */
  starts(): readonly string[];
  /** Ends it at once, as a lost machine would; nothing where it does not run. */
  kill(): void;
}

/** @param folder a new one, for its log and state */
export function hookedServer(folder: string, port: number): HookedServer {
  mkdirSync(folder);
  const state = join(folder, 'state');
  const noted = join(folder, 'starts');
  return {
    url: `http://127.0.0.1:${port}/v1`,
    hook: (name, flags) => {
      const settings = {
        ...{ ...SMALL, VLLM_PORT: String(port), VLLM_STATE: state, VLLM_KEEP: '5' },
        ...{ VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True', VLLM_CACHE_ROOT: join(folder, 'cache') },
      };
      const path = join(folder, name);
      const lines = [
        '#!/bin/sh',
        `echo "$2" >> '${noted}'`,
        ...Object.entries(settings).map(([key, value]) => `export ${key}='${value}'`),
        `exec ${root}/deploy/vllm/restart-vllm.sh "$1" "$2" ${[...EVERY_SERVER, ...flags].join(' ')}`,
      ];
      writeFileSync(path, `${lines.join('\n')}\n`);
      chmodSync(path, 0o755);
      return path;
    },
    starts: () => (existsSync(noted) ? readFileSync(noted, 'utf8').trimEnd().split('\n') : []),
    kill: () => {
      const file = join(state, 'server');
      if (!existsSync(file)) return;
      try {
        process.kill(-Number(readFileSync(file, 'utf8').split(' ')[0]), 'SIGKILL');
      } catch {
        // It has ended.
      }
    },
  };
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
