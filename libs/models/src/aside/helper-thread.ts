import { toWireError } from '@sipf/errors';
import { parentPort } from 'node:worker_threads';
import type { HelperModule, HelperOrder, HelperReply } from './helper.ts';

// A thread that answers one order after the other, each by the module that it names.
const reply = (message: HelperReply): void => parentPort?.postMessage(message);

parentPort?.on('message', (order: HelperOrder) => {
  void answer(order);
});

async function answer({ module, input }: HelperOrder): Promise<void> {
  try {
    const found = (await import(module)) as HelperModule;
    reply({ result: await found.answer(input) });
  } catch (error) {
    reply({ error: toWireError(error) });
  }
}
