import { createContext, Script } from 'node:vm';

const context = createContext({ work: undefined as unknown });
const script = new Script('work()');

/**
 * Runs `work` on this thread and stops it where it does not end in time, endless loops and regular expressions that
 * backtrack for ever included. What it changed until then stays changed. Costs about a sixth of a millisecond.
 *
 * @throws {@link overran} after `limitMs`; whatever `work` throws
 */
export function withDeadline<T>(limitMs: number, work: () => T): T {
  const outer: unknown = context['work'];
  let result: T | undefined;
  context['work'] = () => {
    result = work();
  };
  try {
    script.runInContext(context, { timeout: Math.ceil(limitMs) });
    return result as T;
  } finally {
    context['work'] = outer;
  }
}

/** Whether this is what {@link withDeadline} throws where the time is over. */
export function overran(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
