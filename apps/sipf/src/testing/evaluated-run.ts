import { canonicalJson, FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { runLayout } from '@sipf/runs';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { ROOT } from '../repository.ts';

/** An answer of a run's model to a test question. */
export interface TestAnswer {
  readonly id: string;
  readonly correct: boolean | null;
  readonly text: string;
}

/** Writes the folder of a run that has evaluated its models, with their artifacts: the log as an orchestrator writes it. */
export async function writeEvaluatedRun(
  runs: string,
  id: string,
  evaluations: Readonly<Record<string, readonly TestAnswer[]>>,
): Promise<void> {
  const layout = runLayout(runs, id);
  await mkdir(layout.artifacts, { recursive: true });
  const store = new FolderArtifactStore(layout.artifacts);
  const put = async (rows: readonly unknown[]): Promise<string> => {
    const text = rows.map((row) => `${canonicalJson(row)}\n`).join('');
    return (await store.putBytes(Buffer.from(text), MEDIA_TYPES.jsonLines)).digest;
  };
  const ids = new Set(Object.values(evaluations).flatMap((answers) => answers.map((answer) => answer.id)));
  const problems = [...ids].map((one) => ({ id: one, question: questionOf(one), answer: '3' }));
  const events: Record<string, unknown>[] = [
    { kind: 'run-started', runId: id, config: tinyConfig(), commit: 'c' },
  ];
  const complete = (stage: string, outputs: Record<string, string>, counts: Record<string, number>): void => {
    const result = { outputs, counts, figures: {} };
    events.push({ kind: 'stage-started', stage }, { kind: 'stage-completed', stage, result });
  };
  complete('data', { test: await put(problems) }, { test: problems.length });
  for (const [stage, answers] of Object.entries(evaluations)) {
    complete(stage, { outcomes: await put(answers) }, { total: answers.length });
  }
  const at = '2026-01-02T03:04:05.000Z';
  const log = events.map((event, index) => `${JSON.stringify({ index, at, ...event })}\n`);
  await writeFile(layout.log, log.join(''));
}

/** A story of the bundled task; the id makes it unlike others. */
function questionOf(id: string): string {
  return `Ann has 12 pens, buys ${id.length}, and loses 3. How many full boxes of ${id.charCodeAt(0)}?`;
}

function tinyConfig(): unknown {
  return parse(readFileSync(`${ROOT}/test/fixtures/tiny-run.yaml`, 'utf8'));
}
