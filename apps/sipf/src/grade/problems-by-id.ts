import { plainNumber } from '@sipf/tasks';
import { usageError } from '../usage-error.ts';
import type { Judged } from './graded-row.ts';

/** Sees to it that one id stands for one problem, by whose answers intervals are drawn. */
export class ProblemsById {
  readonly #first = new Map<string, { readonly key: string; readonly line: number }>();

  /** @throws SipfError `invalid-argument` where another line has the id for a problem with another right answer */
  check(id: string | number, by: Judged, line: number): void {
    const key = 'gold' in by ? (plainNumber(by.gold) ?? by.gold) : JSON.stringify(by.program);
    const first = this.#first.get(String(id));
    if (first === undefined) {
      this.#first.set(String(id), { key, line });
    } else if (first.key !== key) {
      throw usageError(
        `--data: line ${line}: id: ${JSON.stringify(id)} is that of line ${first.line} ` +
          'too, where another answer is right; give every problem an id of its own',
      );
    }
  }
}
