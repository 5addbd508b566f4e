import { SipfError } from '@sipf/errors';
import { checkContinued } from '@sipf/learning';
import {
  inspectAdapterFolder,
  inspectModelFolder,
  readDecoderConfig,
  type DecoderConfig,
} from '@sipf/models';
import type { TrainingOrder } from './order.ts';

/**
 * Checks that a trainer's result matches the order, before it becomes a model of the store.
 * @throws SipfError data-loss TRAINER_FAILED
 */
export async function checkResult(order: TrainingOrder): Promise<void> {
  try {
    await (order.lora === null ? checkModel(order) : checkAdapter(order));
  } catch (cause) {
    if (!(cause instanceof SipfError)) throw cause;
    const message = `the trainer's result does not match the order: ${cause.message}`;
    throw new SipfError('data-loss', message, { reason: 'TRAINER_FAILED', cause });
  }
}

/**
 * Checks that the trainer computes the head that a training starts from, that the engine computes the adapter it
 * starts from (PEFT might read it differently), and that a training that continues an adapter keeps its settings.
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

/** transformers would train such a model without the extra layer of its head. */
function checkHead({ start }: TrainingOrder): void {
  const { head } = readDecoderConfig(start.folder);
  if (head === 'lm' || head.kind !== 'mlp-score') return;
  const description = 'has a head that this trainer does not compute; train it with the engine';
  throw new SipfError('failed-precondition', `config.json/architectures: ${description}`, {
    reason: 'UNSUPPORTED_ARCHITECTURE',
    violations: [{ field: 'config.json/architectures', description }],
  });
}

async function checkModel(order: TrainingOrder): Promise<void> {
  const model = await inspectModelFolder(order.outputFolder);
  const [is, wanted] = [model.config.head, headOf(order)];
  if (is === wanted || (is !== 'lm' && wanted !== 'lm' && is.features === wanted.features)) return;
  throw new SipfError('failed-precondition', 'its head is another one', { reason: 'OBJECTIVE_MISMATCH' });
}

async function checkAdapter(order: TrainingOrder): Promise<void> {
  const { folder, digest } = order.start;
  const config: DecoderConfig = { ...readDecoderConfig(folder), head: headOf(order) };
  await inspectAdapterFolder(order.outputFolder, { config, digest });
}

function headOf({ objective }: TrainingOrder): DecoderConfig['head'] {
  if (objective.kind !== 'reward') return 'lm';
  const { promptTemplate, features, labels: numLabels } = objective;
  const own = promptTemplate === null ? {} : { promptTemplate };
  return { kind: 'token-classification', numLabels, features, ...own };
}
