import { SipfError } from '@sipf/errors';
import { loadAdapterFolder, loadModelFolder, readDecoderConfig, type DecoderConfig } from '@sipf/models';
import type { TrainingOrder } from './order.ts';

/** What a folder is opened under whose digest is not of interest; nothing is hashed then. */
const UNHASHED = 'sha256:unhashed';

/**
 * Checks that what a trainer left is what the order asked for, before it is anybody's model.
 * @throws SipfError data-loss TRAINER_FAILED
 */
export async function checkResult(order: TrainingOrder): Promise<void> {
  try {
    await (order.lora === null ? checkModel(order) : checkAdapter(order));
  } catch (cause) {
    if (!(cause instanceof SipfError)) throw cause;
    const message = `what the trainer left is no such model: ${cause.message}`;
    throw new SipfError('data-loss', message, { reason: 'TRAINER_FAILED', cause });
  }
}

async function checkModel(order: TrainingOrder): Promise<void> {
  const model = await loadModelFolder(order.outputFolder, { knownDigest: UNHASHED });
  model.close();
  if ((model.config.head === 'lm') === (headOf(order) === 'lm')) return;
  throw new SipfError('failed-precondition', 'its head is another one', { reason: 'OBJECTIVE_MISMATCH' });
}

async function checkAdapter(order: TrainingOrder): Promise<void> {
  const { folder, digest } = order.start;
  const config: DecoderConfig = { ...readDecoderConfig(folder), head: headOf(order) };
  (await loadAdapterFolder(order.outputFolder, { config, digest })).close();
}

function headOf({ objective }: TrainingOrder): DecoderConfig['head'] {
  if (objective.kind !== 'reward') return 'lm';
  const { promptTemplate } = objective;
  const own = promptTemplate === null ? {} : { promptTemplate };
  return { kind: 'token-classification', numLabels: 2, features: 'hidden', ...own };
}
