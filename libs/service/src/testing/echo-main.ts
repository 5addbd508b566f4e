import { SipfError } from '@sipf/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { runService } from '../process/run-service.ts';
import { createService } from '../server/create-service.ts';
import { implement } from '../server/handlers.ts';
import { EchoServiceDefinition } from './echo-service.ts';
import { echoHandlers } from './start-echo.ts';

/** The echo service as a process, with every failure that the runner handles. */
await runService({
  name: 'echo',
  summary: 'Repeats what it receives.',
  shape: {
    greeting: z
      .string()
      .min(3, 'must have 3 characters or more')
      .default('hello')
      .describe('The first word of the answer.'),
    failure: z
      .enum(['none', 'start', 'bug', 'uncaught'])
      .default('none')
      .describe('The failure to simulate.'),
  },
  main: ({ settings, serviceSettings, logger }) => {
    if (settings.failure === 'start') {
      throw new SipfError('not-found', 'the model is not here', { reason: 'MODEL_NOT_FOUND' });
    }
    if (settings.failure === 'bug') throw new Error('a bug');
    if (settings.failure === 'uncaught') void Promise.reject(new Error('unhandled on purpose'));
    const unary = async (request: { mediaType: string }, { signal }: { signal: AbortSignal }) => {
      if (request.mediaType === 'wait') await sleep(60_000, undefined, { signal });
      return { mediaType: `${settings.greeting} ${request.mediaType}` };
    };
    const implementations = [implement(EchoServiceDefinition, echoHandlers({ unary }))];
    return Promise.resolve(
      createService({ name: 'echo', implementations, settings: serviceSettings, logger }),
    );
  },
});
