import { FolderArtifactStore } from '@sipf/artifacts';
import { parseRunConfig, type training } from '@sipf/contracts';
import { SMALL_RUN } from '@sipf/contracts/testing';
import { pathKey, type Path } from '@sipf/method';
import {
  openJournal,
  planRun,
  putRecords,
  readRecords,
  type StageKind,
  type StageResult,
  stageSettings,
} from '@sipf/runs';
import { someResult } from '@sipf/runs/testing';
import { taskNamed } from '@sipf/tasks';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Services } from '../../services/services.ts';
import type { StageContext } from '../stage-context.ts';

/** One stage of a real plan over real artifacts; what earlier stages left, and what services answer, is the test's. */
export interface StageBench extends Disposable {
  /** Records that an earlier stage left under a name. */
  leave(stage: string, outputs: Readonly<Record<string, readonly unknown[] | string>>): Promise<void>;
  /** Runs a stage of the plan; its result is kept, as a run would. */
  run<K extends StageKind, R extends StageResult>(
    stage: string,
    runner: (context: StageContext<K>) => Promise<R>,
  ): Promise<R>;
  records<T>(digest: string | undefined): Promise<T[]>;
  /** Training jobs that stages started, in order. */
  readonly jobs: readonly training.StartJobRequest[];
}

/** The one task of which nothing is known but what its problems say. */
const task = { name: 'gsm8k', train: 'train.jsonl', test: 'test.jsonl' };

/**
 * @param changes sections of the run's configuration that differ from a small complete one
 * @param services the calls that the stages under test make; trainings are answered here
 */
export function openStageBench(changes: object, services: Partial<Services> = {}): StageBench {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-stages-'));
  const artifacts = new FolderArtifactStore(join(folder, 'store'));
  const config = parseRunConfig({ ...SMALL_RUN, task, ...changes });
  const results = new Map<string, StageResult>();
  const jobs: training.StartJobRequest[] = [];
  const train: Services['train'] = (request) => {
    jobs.push(request);
    return Promise.resolve({ model: { digest: 'sha256:trained', adapterDigest: '' }, droppedRows: 0 });
  };
  const contextOf = (id: string): StageContext => {
    const stage = planRun(config).find((planned) => planned.id === id);
    if (stage === undefined) throw new RangeError(`the plan has no stage ${id}`);
    return {
      ...{ runId: 'bench', stage, artifacts, folder, results, programs: [] },
      engines: new Map(),
      settings: stageSettings(stage, config),
      ...{ seed: config.seed, limits: config.limits },
      task: taskNamed(config.task.name),
      services: { ...unasked, train, ...services },
      signal: new AbortController().signal,
      result: (earlier) => results.get(earlier) ?? someResult(earlier),
      lease: { epoch: 1, check: () => Promise.resolve() },
      openJournal: () => openJournal(join(folder, `${id}.jsonl`), 'bench'),
      progress: () => undefined,
      recordMetrics: () => undefined,
    };
  };
  return {
    jobs,
    leave: async (stage, outputs) => {
      const digests: Record<string, string> = {};
      for (const [name, left] of Object.entries(outputs)) {
        digests[name] = typeof left === 'string' ? left : (await putRecords(artifacts, left)).digest;
      }
      results.set(stage, someResult(stage, { outputs: digests }));
    },
    run: async (stage, runner) => {
      const result = await runner(contextOf(stage) as never);
      results.set(stage, result);
      return result;
    },
    records: <T>(digest = '') => readRecords(artifacts, digest, z.custom<T>()),
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const refuse = (): never => {
  throw new Error('a service was asked that the test does not answer for');
};
const unasked: Services = {
  generate: refuse,
  labelSteps: refuse,
  score: refuse,
  train: refuse,
  trainedSteps: refuse,
  close: () => undefined,
};

/** A path of one step, whose text and calculation are its own. */
export function pathOf(questionId: string, sampleIndex: number, more: Partial<Path> = {}): Path {
  const text = more.text ?? `<<${sampleIndex}+1=${sampleIndex + 1}>>`;
  const steps = [{ text, start: 0, end: text.length }];
  return { questionId, iteration: 1, sampleIndex, text, steps, outcome: 'correct', ...more };
}

/** What the verifier said of a path's steps, as `score` leaves it. */
export function scoresOf(path: Path, ...probabilities: readonly number[]): object {
  return { path: pathKey(path), probabilities };
}

/** Questions of the loop, as `data` leaves them. */
export function questionsOf(...ids: readonly string[]): readonly object[] {
  return ids.map((id) => ({ id, question: `What is ${id}?`, answer: '7' }));
}
