import { SipfError } from '@sipf/errors';
import { setTimeout } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { serveWorker } from '../session/serve-worker.ts';

/** A worker without a model, for specs of the worker boundary. */
let prepared = false;

serveWorker({
  handlers: {
    prepare: () => {
      prepared = true;
    },
    echo: (payload) => payload,
    thread: () => ({ threadId, prepared }),
    count: (payload, { emit }) => {
      for (let item = 0; item < (payload as number); item++) emit(item);
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
    dieOnThread: (payload) => (threadId === payload ? process.exit(7) : threadId),
  },
  close: () => undefined,
});
