import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../artifacts/verify-artifact.ts';
import { layoutIn } from '../folder/run-layout.ts';
import type { RunState } from '../log/run-state.ts';
import { parseModel } from '../plan/model-name.ts';
import { planRun } from '../plan/plan-run.ts';
import { REPORT } from '../plan/stage.ts';

/** Checks where the links of `models/` lead, of a run that has come to its report. */
export async function* verifyLinks(folder: string, state: RunState): AsyncGenerator<Finding> {
  if (!state.completed.has(REPORT)) return;
  for (const { id } of planRun(state.config)) {
    const model = state.completed.get(id)?.outputs['model'];
    if (model !== undefined) yield await verifyLink(join(layoutIn(folder).models, id), `models/${id}`, model);
  }
}

async function verifyLink(path: string, subject: string, model: string): Promise<Finding> {
  const { digest, adapterDigest } = parseModel(model);
  const expected = adapterDigest === '' ? digest : adapterDigest;
  const finding = { subject, name: expected, sizeBytes: 0 };
  const target = await realpath(path).catch(() => undefined);
  if (target === undefined) {
    const isThere = await lstat(path).catch(() => undefined);
    return { ...finding, fault: isThere === undefined ? 'is missing' : 'leads nowhere' };
  }
  // Only here: commands that read runs would all load what models are made of.
  const { digestFolder } = await import('@sipf/models');
  const actual = await digestFolder(target).catch(() => undefined);
  return actual === expected
    ? finding
    : { ...finding, fault: `leads to a folder that is ${actual ?? 'no model'}` };
}
