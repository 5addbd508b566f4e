import { SipfError } from '@sipf/errors';
import { checkContinued } from '@sipf/learning';
import {
  inspectAdapterFolder,
  inspectModelFolder,
  isOwnHead,
  readDecoderConfig,
  type DecoderConfig,
} from '@sipf/models';
import type { TrainingOrder } from './order.ts';

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

/**
 * Checks that a training starts from a head that its library computes, that an adapter that it starts from is one that is computed here, as what the trainer's library makes of it
 * is asked for by nobody, and that a training that goes on with it has its settings.
 * @throws SipfError failed-precondition UNSUPPORTED_ARCHITECTURE; as inspectAdapterFolder and checkContinued
 */
export async function checkStart(order: TrainingOrder): Promise<void> {
  const { folder, adapterFolder, digest } = order.start;
  checkHead(order);
  if (adapterFolder === null) return;
  const config: DecoderConfig = { ...readDecoderConfig(folder), head: headOf(order) };
  const adapter = await inspectAdapterFolder(adapterFolder, { config, digest });
  if (order.lora === null) return;
  const { targetModules, modulesToSave, ...lora } = order.lora;
  const targets = targetModules.length === 0 ? ('all-linear' as const) : targetModules;
  checkContinued(config, { kind: 'lora', lora: { ...lora, targetModules: targets }, modulesToSave }, adapter);
}

/** transformers would train the rest of such a model, and leave out what its head reads beside it. */
function checkHead({ start }: TrainingOrder): void {
  if (!isOwnHead(readDecoderConfig(start.folder).head)) return;
  const description = 'has a head that transformers does not compute; train it with the engine';
  throw new SipfError('failed-precondition', `config.json/architectures: ${description}`, {
    reason: 'UNSUPPORTED_ARCHITECTURE',
    violations: [{ field: 'config.json/architectures', description }],
  });
}

async function checkModel(order: TrainingOrder): Promise<void> {
  const model = await inspectModelFolder(order.outputFolder);
  if ((model.config.head === 'lm') === (headOf(order) === 'lm')) return;
  throw new SipfError('failed-precondition', 'its head is another one', { reason: 'OBJECTIVE_MISMATCH' });
}

async function checkAdapter(order: TrainingOrder): Promise<void> {
  const { folder, digest } = order.start;
  const config: DecoderConfig = { ...readDecoderConfig(folder), head: headOf(order) };
  await inspectAdapterFolder(order.outputFolder, { config, digest });
}

function headOf({ objective }: TrainingOrder): DecoderConfig['head'] {
  if (objective.kind !== 'reward') return 'lm';
  const { promptTemplate } = objective;
  const own = promptTemplate === null ? {} : { promptTemplate };
  return { kind: 'token-classification', numLabels: 2, features: 'hidden', ...own };
}
