import { setTimeout as sleep } from 'node:timers/promises';
import { SipfError } from '@sipf/errors';
import { z } from 'zod';
import { runService } from '../process/run-service.ts';
import { createService } from '../server/create-service.ts';
import { implement } from '../server/handlers.ts';
import { EchoServiceDefinition } from './echo-service.ts';
import { echoHandlers } from './start-echo.ts';

/** The echo service as a process, with every way of failing that the runner knows. */
await runService({
  name: 'echo',
  summary: 'Says again what it is told.',
  shape: {
    greeting: z
      .string()
      .min(3, 'must have 3 characters or more')
      .default('hello')
      .describe('What it says first.'),
    failure: z.enum(['none', 'start', 'bug', 'uncaught']).default('none').describe('What goes wrong.'),
  },
  main: ({ settings, serviceSettings, logger }) => {
    if (settings.failure === 'start') {
      throw new SipfError('not-found', 'the model is not here', { reason: 'MODEL_NOT_FOUND' });
    }
    if (settings.failure === 'bug') throw new Error('a bug');
    if (settings.failure === 'uncaught') void Promise.reject(new Error('nobody waits for this'));
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
