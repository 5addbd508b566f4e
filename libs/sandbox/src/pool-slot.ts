import { SipfError } from '@sipf/errors';
import type { Clock } from './clock.ts';
import type { Plan } from './confinement/plan.ts';
import type { Job } from './messages.ts';
import { runAttempt, type Attempt } from './run-attempt.ts';
import type { Runner } from './runners.ts';
import { SandboxChild } from './sandbox-child.ts';
import type { Verdict } from './verdict.ts';

const maxAttempts = 2;

/** The options shared by the slots of a pool. */
export interface PoolSlotOptions {
  readonly clock: Clock;
  readonly programsPerChild: number;
  /** How children are started. @throws SipfError `unavailable` when they cannot be confined as required */
  readonly findPlan: () => Promise<Plan>;
}

/** Room for one running program: keeps a child of each used runner ready, and replaces it when it is spent. */
export class PoolSlot {
  readonly #options: PoolSlotOptions;
  readonly #children = new Map<Runner, SandboxChild>();
  #running: Runner | undefined;
  #engine = 'unknown';
  #closed = false;
  #abandoned = false;

  constructor(options: PoolSlotOptions) {
    this.#options = options;
  }

  /** Ids of the live children. */
  get pids(): readonly number[] {
    return [...this.#children.values()].flatMap(({ pid }) => pid ?? []);
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
    this.#running = runner;
    let attempt = await this.#attempt(job, runner);
    for (let tried = 1; attempt.outcome.outcome === 'sandbox-error' && tried < maxAttempts; tried += 1) {
      if (this.#isUnwanted()) break;
      attempt = await this.#attempt(job, runner);
    }
    const { outcome, usage, stdout, stderr } = attempt;
    return { ...outcome, ...usage, stdout, stderr, limits: job.limits, engine: this.#engine };
  }

  /** Kills the child of a program whose caller has gone. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    if (this.#running !== undefined) await this.#discard(this.#running);
  }

  /** Kills the children for good. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#children.keys()].map((runner) => this.#discard(runner)));
  }

  async #attempt(job: Job, runner: Runner): Promise<Attempt> {
    const child = await this.#childFor(runner);
    if (typeof child === 'string') return brokenAttempt(`the child process does not start: ${child}`);
    if (this.#isUnwanted()) return brokenAttempt('nobody waits for this program');
    const { clock, programsPerChild } = this.#options;
    const attempt = await runAttempt(job, { child, clock });
    if (!attempt.reusable || child.programs >= programsPerChild) {
      await this.#discard(runner);
      // Start the next program's child meanwhile.
      if (!this.#isClosed()) this.#children.set(runner, new SandboxChild(runner, child.plan));
    }
    return attempt;
  }

  async #childFor(runner: Runner): Promise<SandboxChild | string> {
    if (this.#closed) return 'the pool is closed';
    const plan = await this.#options.findPlan();
    if (this.#isClosed()) return 'the pool is closed';
    const child = this.#children.get(runner) ?? new SandboxChild(runner, plan);
    this.#children.set(runner, child);
    const ready = await child.ready();
    if (typeof ready === 'string') {
      this.#engine = ready;
      return child;
    }
    if (this.#children.get(runner) === child) this.#children.delete(runner);
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

  async #discard(runner: Runner): Promise<void> {
    const child = this.#children.get(runner);
    this.#children.delete(runner);
    await child?.kill();
  }
}

function brokenAttempt(message: string): Attempt {
  const usage = { wallTimeMs: 0, cpuTimeMs: 0, memoryMiB: 0 };
  return { outcome: { outcome: 'sandbox-error', message }, usage, stdout: '', stderr: '', reusable: false };
}
