import { execution } from '@sipf/contracts';

/** Verdicts that do not depend on how busy the machine was; the others are not kept. */
const lasting = new Set<execution.Outcome>([
  execution.Outcome.PASSED,
  execution.Outcome.FAILED,
  execution.Outcome.SYNTAX_ERROR,
]);

/** The latest verdicts by their programs, a bounded number. */
export class KeptVerdicts {
  readonly #limit: number;
  readonly #verdicts = new Map<string, execution.ExecuteResponse>();

  /** @param limit 0 keeps none */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): execution.ExecuteResponse | undefined {
    return this.#verdicts.get(key);
  }

  /** Keeps a verdict that will be the same the next time; the oldest one makes room. */
  add(key: string, verdict: execution.ExecuteResponse): void {
    if (this.#limit === 0 || !lasting.has(verdict.outcome)) return;
    const [oldest] = this.#verdicts.size < this.#limit ? [] : this.#verdicts.keys();
    if (oldest !== undefined) this.#verdicts.delete(oldest);
    this.#verdicts.set(key, verdict);
  }
}
