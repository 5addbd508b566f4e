import { SipfError } from '@sipf/errors';
import { setTimeout } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { serveWorker } from '../session/serve-worker.ts';

/** What the worker of the specs does. */
export interface Echo {
  prepare: [request: null, answer: undefined];
  echo: [request: unknown, answer: unknown];
  /** Which thread it is, and whether `prepare` was called on it. */
  thread: [request: null, answer: { readonly threadId: number; readonly prepared: boolean }];
  count: [request: number, answer: string, item: number];
  refuse: [request: null, answer: never];
  break: [request: null, answer: never];
  /** Until it is cancelled. */
  wait: [request: null, answer: undefined];
  die: [request: null, answer: never];
  /** Dies on the thread of this id; answers the id of any other. */
  dieOnThread: [request: number, answer: number];
}

/** A worker without a model, for specs of the worker boundary. */
let prepared = false;

serveWorker<Echo>({
  handlers: {
    prepare: () => {
      prepared = true;
    },
    echo: (request) => request,
    thread: () => ({ threadId, prepared }),
    count: (count, { emit }) => {
      for (let item = 0; item < count; item++) emit(item);
      return 'counted';
    },
    refuse: () => {
      throw new SipfError('not-found', 'no such thing', { reason: 'NOTHING', metadata: { name: 'x' } });
    },
    break: () => {
      throw new TypeError('a bug');
    },
    wait: async (_, { signal }) => {
      await setTimeout(60_000, undefined, { signal });
    },
    die: () => process.exit(7),
    dieOnThread: (doomed) => (threadId === doomed ? process.exit(7) : threadId),
  },
  close: () => undefined,
});
