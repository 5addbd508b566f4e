import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program that answers a JSON object a line with one, and lives as long as it is used. */
export interface JsonPeer<Order, Answer> {
  readonly pid: number;
  ask(order: Order): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Starts `program` on a script and waits for its first line, which says that it is ready.
 * @throws Error where it ends instead of answering
 */
export async function startJsonPeer<Order, Answer>(
  program: string,
  args: readonly string[],
  threads: number,
): Promise<JsonPeer<Order, Answer>> {
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), HF_HUB_OFFLINE: '1' };
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the peer ended before it answered');
    return JSON.parse(value);
  };
  await answer();
  return {
    pid: child.pid ?? 0,
    ask: async (order) => {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return (await answer()) as Answer;
    },
    close: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
