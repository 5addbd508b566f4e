import { assertNever } from '@sipf/errors';
import type { Clock } from './clock.ts';
import { firstDifference } from './first-difference.ts';
import type { Job } from './messages.ts';
import type { ChildDone, ChildExit, SandboxChild } from './sandbox-child.ts';
import { TextTail } from './text-tail.ts';
import type { Outcome, Usage } from './verdict.ts';
import { watchChild, type Overrun } from './watchdog.ts';

/** One try at running a program in one child. */
export interface Attempt {
  readonly outcome: Outcome;
  readonly usage: Usage;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the child is alive and may run another program. */
  readonly reusable: boolean;
}

/** What an attempt needs besides the job. */
export interface AttemptContext {
  readonly child: SandboxChild;
  readonly clock: Clock;
}

const maxTailChars = 4_096;
/** A wall-clock timeout counts only if the child ran for this share of the limit: otherwise it was stopped meanwhile. */
const shareThatCounts = 0.5;

/** Runs a job in a child under the watchdog and judges what came back. Kills the child when the program overruns. */
export async function runAttempt(job: Job, { child, clock }: AttemptContext): Promise<Attempt> {
  const tails = { stdout: new TextTail(maxTailChars), stderr: new TextTail(maxTailChars) };
  const printed: string[] = [];
  let overrun: Overrun | undefined;
  const watch = watchChild(child.pid ?? 0, job.limits, clock, (found) => {
    overrun = found;
    void child.kill();
  });
  try {
    const end = await child.execute(job, (stream, text) => {
      tails[stream].add(text);
      // Bounded: the child ends the program at its limit of output.
      if (stream === 'stdout' && job.program.expectedStdout !== undefined) printed.push(text);
    });
    const facts = { stdout: tails.stdout.text, stderr: tails.stderr.text };
    if (end.type === 'done') {
      const judged = judgeDone(end, job, printed.join(''));
      return { ...(endedByStop(judged.outcome, watch.usage(), job) ? wasStopped(judged) : judged), ...facts };
    }
    const outcome = overrun === undefined ? judgeExit(end, job) : judgeOverrun(overrun, job);
    return { outcome, usage: watch.usage(), reusable: false, ...facts };
  } finally {
    watch.stop();
  }
}

function judgeDone(
  { result, usage, reusable }: ChildDone,
  job: Job,
  printed: string,
): Pick<Attempt, 'outcome' | 'usage' | 'reusable'> {
  if (usage.cpuTimeMs > job.limits.cpuTimeMs) return { outcome: judgeOverrun('cpu', job), usage, reusable };
  if (result.outcome !== 'finished') return { outcome: result, usage, reusable };
  if (result.proof === job.nonce) return { outcome: judgeOutput(job, printed), usage, reusable };
  const message = 'the tests ended without reaching their last line';
  return { outcome: { outcome: 'failed', kind: 'exception', message, stack: '' }, usage, reusable };
}

function judgeOutput({ program: { expectedStdout } }: Job, printed: string): Outcome {
  if (expectedStdout === undefined) return { outcome: 'passed' };
  const difference = firstDifference(printed, expectedStdout);
  if (difference === undefined) return { outcome: 'passed' };
  return { outcome: 'failed', kind: 'wrong-output', message: difference, stack: '' };
}

/** The child's own clock continues while it is stopped; the watch excludes that time. */
function endedByStop(outcome: Outcome, { wallTimeMs }: Usage, { limits }: Job): boolean {
  return (
    outcome.outcome === 'timed-out' &&
    outcome.clock === 'wall' &&
    wallTimeMs < limits.wallTimeMs * shareThatCounts
  );
}

function wasStopped({ usage }: Pick<Attempt, 'usage'>): Pick<Attempt, 'outcome' | 'usage' | 'reusable'> {
  const message = 'the child process was stopped while the program ran';
  return { outcome: { outcome: 'sandbox-error', message }, usage, reusable: false };
}

/** V8 ends the whole process when it runs out of memory, which is the program's fault; any other end is the sandbox's. */
function judgeExit(exit: ChildExit, job: Job): Outcome {
  if (
    /out of memory|Allocation failed|is_heap_oom|invalid (?:array|table|string) (?:length|size)/iu.test(
      exit.lastWords,
    )
  ) {
    return judgeOverrun('memory', job);
  }
  return { outcome: 'sandbox-error', message: `the child process ended (${exit.signal ?? 'no signal'})` };
}

function judgeOverrun(overrun: Overrun, { limits }: Job): Outcome {
  switch (overrun) {
    case 'wall':
      return { outcome: 'timed-out', clock: 'wall', limitMs: limits.wallTimeMs };
    case 'cpu':
      return { outcome: 'timed-out', clock: 'cpu', limitMs: limits.cpuTimeMs };
    case 'memory':
      return { outcome: 'out-of-memory', limitMiB: limits.memoryLimitMiB };
    default:
      return assertNever(overrun);
  }
}
