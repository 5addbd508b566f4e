import { SipfError } from '@sipf/errors';
import { basename, resolve } from 'node:path';
import { Helper } from '../aside/helper.ts';
import type { AdapterBase } from './adapter-folder.ts';
import type { AdapterFacts, InspectionOrder, ModelFacts } from './inspection-answers.ts';

const ANSWERS = new URL('./inspection-answers.ts', import.meta.url).href;

/**
 * Checks that a model's folder can be opened, on a thread of its own: headers of many tensors and large tokenizers take seconds.
 *
 * @throws SipfError as loadModelFolder; failed-precondition MODEL_FILE_INVALID where that takes a minute or the memory of a
 * thread
 */
export async function inspectModelFolder(dir: string): Promise<ModelFacts> {
  return (await inspect({ dir })) as ModelFacts;
}

/** The same for an adapter's folder. @throws SipfError as loadAdapterFolder, and as {@link inspectModelFolder} */
export async function inspectAdapterFolder(
  dir: string,
  { config, digest }: AdapterBase,
): Promise<AdapterFacts> {
  return (await inspect({ dir, base: { config, digest } })) as AdapterFacts;
}

async function inspect(order: InspectionOrder): Promise<unknown> {
  const helper = new Helper({ lost: (why) => cannotBeOpened(order.dir, why) });
  try {
    return await helper.ask(ANSWERS, order);
  } finally {
    await helper.close();
  }
}

function cannotBeOpened(dir: string, why: string): SipfError {
  const message = `${basename(resolve(dir))} cannot be opened: ${why}`;
  return new SipfError('failed-precondition', message, { reason: 'MODEL_FILE_INVALID' });
}
