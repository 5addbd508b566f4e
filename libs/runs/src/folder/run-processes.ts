import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { processIdentity } from './process-identity.ts';

/** Process 1 is never ours to end. */
const identity = processIdentity.unwrap().extend({ pid: z.int().min(2) });
const runProcesses = z.object({
  /** The command line that drives the run. */
  supervisor: identity,
  /** `host:port` of its orchestrator, once that listens. */
  orchestration: z.string().optional(),
  children: z.array(identity.extend({ name: z.string() })),
  /** Where these numbers mean their processes, as a lease's holder says it. */
  place: z.string().optional(),
  /** What the environment of all of them says, and of what they started. */
  mark: z.string().optional(),
});

/** The processes of an embedded run, as `processes.json` in its folder names them. */
export type RunProcesses = z.infer<typeof runProcesses>;

/** Readers see the old list or the new one. */
export async function writeRunProcesses(file: string, processes: RunProcesses): Promise<void> {
  await writeFile(`${file}.tmp`, `${JSON.stringify(processes, null, 2)}\n`);
  await rename(`${file}.tmp`, file);
}

export async function removeRunProcesses(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** Undefined where there is no list, or none that can be read. */
export async function readRunProcesses(file: string): Promise<RunProcesses | undefined> {
  try {
    return runProcesses.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}
