import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ON_CPU, peerArguments, type Computing } from '../../support/computing.ts';

/** Prompts of equal length and what is made of them. */
interface PeerOrder {
  readonly prompts: readonly (readonly number[])[];
  /** Samples of each prompt. */
  readonly n: number;
  readonly new_tokens: number;
  readonly greedy: boolean;
}

/** What a run of `generate` took and gave. */
interface PeerAnswer {
  readonly ms: number;
  /** New tokens, `n` rows a prompt. */
  readonly ids: readonly (readonly number[])[];
}

/** transformers with one model, in a process that lives as long as it is used. */
export interface Peer {
  readonly pid: number;
  generate(order: PeerOrder): Promise<PeerAnswer>;
  close(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('./peer.py', import.meta.url));

/** How transformers computes. */
interface PeerOptions {
  readonly threads: number;
  /** @default ON_CPU */
  readonly computing?: Computing;
  /** A PEFT folder that is attached to the model. */
  readonly adapter?: string | undefined;
}

/** Starts `python` on a model folder and waits until the model is there. @throws Error when it ends instead */
export async function startPeer(
  python: string,
  folder: string,
  { threads, computing = ON_CPU, adapter }: PeerOptions,
): Promise<Peer> {
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), HF_HUB_OFFLINE: '1' };
  const child = spawn(
    python,
    [
      SCRIPT,
      folder,
      String(threads),
      ...peerArguments(computing),
      ...(adapter === undefined ? [] : [adapter]),
    ],
    {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the peer ended before it answered');
    return JSON.parse(value);
  };
  await answer();
  return {
    pid: child.pid ?? 0,
    generate: async (order) => {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return (await answer()) as PeerAnswer;
    },
    close: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
