import { SipfError } from '@sipf/errors';
import type { Clock } from './clock.ts';
import type { Job } from './messages.ts';
import { runAttempt, type Attempt } from './run-attempt.ts';
import type { Runner } from './runners.ts';
import { SandboxChild } from './sandbox-child.ts';
import type { Verdict } from './verdict.ts';

const maxAttempts = 2;

/** A place for one running program: keeps a child ready, replaces it when it is spent or of another runner. */
export class PoolSlot {
  readonly #clock: Clock;
  readonly #programsPerChild: number;
  #child: SandboxChild | undefined;
  #engine = 'unknown';
  #closed = false;
  #abandoned = false;

  constructor(clock: Clock, programsPerChild: number) {
    this.#clock = clock;
    this.#programsPerChild = programsPerChild;
  }

  /** Id of the child, where there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts a child. @throws SipfError `unavailable` with the reason that it did not start. */
  async warmUp(runner: Runner): Promise<void> {
    const child = await this.#childFor(runner);
    if (typeof child !== 'string') return;
    throw new SipfError('unavailable', `the sandbox does not start: ${child}`, {
      reason: 'SANDBOX_START_FAILED',
    });
  }

  /** Runs one program; a sandbox that breaks is replaced and the program tried once more. One call at a time. */
  async run(job: Job, runner: Runner): Promise<Verdict> {
    this.#abandoned = false;
    let attempt = await this.#attempt(job, runner);
    for (let tried = 1; attempt.outcome.outcome === 'sandbox-error' && tried < maxAttempts; tried += 1) {
      if (this.#isUnwanted()) break;
      attempt = await this.#attempt(job, runner);
    }
    const { outcome, usage, stdout, stderr } = attempt;
    return { ...outcome, ...usage, stdout, stderr, limits: job.limits, engine: this.#engine };
  }

  /** Kills the child and with it the program whose verdict nobody waits for. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    await this.#discard();
  }

  /** Kills the child for good. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#discard();
  }

  async #attempt(job: Job, runner: Runner): Promise<Attempt> {
    const child = await this.#childFor(runner);
    if (typeof child === 'string') return brokenAttempt(`the child process does not start: ${child}`);
    if (this.#isUnwanted()) return brokenAttempt('nobody waits for this program');
    const attempt = await runAttempt(job, { child, clock: this.#clock });
    if (!attempt.reusable || child.programs >= this.#programsPerChild) {
      await this.#discard();
      // The next program finds a child that has started meanwhile.
      if (!this.#isClosed()) this.#child = new SandboxChild(runner);
    }
    return attempt;
  }

  async #childFor(runner: Runner): Promise<SandboxChild | string> {
    if (this.#child !== undefined && this.#child.runner !== runner) await this.#discard();
    if (this.#closed) return 'the pool is closed';
    const child = (this.#child ??= new SandboxChild(runner));
    const ready = await child.ready();
    if (typeof ready === 'string') {
      this.#engine = ready;
      return child;
    }
    if (this.#child === child) this.#child = undefined;
    return (/^\w*Error: .*$/mu.exec(ready.lastWords)?.[0] ?? ready.signal ?? 'it ended at once').slice(
      0,
      200,
    );
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #isUnwanted(): boolean {
    return this.#abandoned || this.#closed;
  }

  async #discard(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await child?.kill();
  }
}

function brokenAttempt(message: string): Attempt {
  const usage = { wallTimeMs: 0, cpuTimeMs: 0, memoryMiB: 0 };
  return { outcome: { outcome: 'sandbox-error', message }, usage, stdout: '', stderr: '', reusable: false };
}
