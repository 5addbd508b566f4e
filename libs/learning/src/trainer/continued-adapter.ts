import { SipfError } from '@sipf/errors';
import {
  type AdapterFolder,
  type DecoderConfig,
  linearModules,
  type ModuleLora,
  moduleLoras,
  PEFT_PREFIX,
} from '@sipf/models';
import { type Trainable, trainableLayout } from '../step/index.ts';

/**
 * Checks that a training that continues an adapter has its settings: they say what its tensors mean, and a matrix that it
 * replaces is trained on or it would be lost.
 *
 * @throws SipfError invalid-argument TRAINING_INVALID, its field the setting that differs; unimplemented
 * ADAPTER_CONFIG_INVALID for a DoRA
 */
export function checkContinued(
  config: DecoderConfig,
  trainable: Trainable & { readonly kind: 'lora' },
  adapter: Pick<AdapterFolder, 'lora' | 'savedTensors'>,
): void {
  if (adapter.lora.decomposed === true) {
    const description = 'a DoRA is run but not trained: merge it into its base, or start a new adapter';
    throw new SipfError('unimplemented', `adapter_config.json/use_dora: ${description}`, {
      reason: 'ADAPTER_CONFIG_INVALID',
      violations: [{ field: 'adapter_config.json/use_dora', description }],
    });
  }
  const modules = [...linearModules(config).keys()];
  const [asked, there] = [moduleLoras(trainable.lora, modules), moduleLoras(adapter.lora, modules)];
  for (const module of modules) checkModule(module, asked.get(module), there.get(module));
  const trained = new Set(trainableLayout(config, trainable).slots.map(({ name }) => name));
  const lost = adapter.savedTensors.find((name) => !trained.has(PEFT_PREFIX + name));
  if (lost !== undefined) throw differs('modulesToSave', `the adapter replaces ${lost}: name its module`);
}

function checkModule(module: string, asked: ModuleLora | undefined, there: ModuleLora | undefined): void {
  if (asked === undefined && there === undefined) return;
  if (asked === undefined || there === undefined) {
    const which = there === undefined ? 'has no adapter there' : 'has an adapter there that would be lost';
    throw differs('targetModules', `${module} ${which}`);
  }
  if (asked.rank !== there.rank) throw differs('rank', `${module} has rank ${there.rank} there`);
  if (asked.scaling === there.scaling) return;
  throw differs(
    'alpha',
    `${module} is scaled by ${there.scaling} there: alpha is ${there.scaling * there.rank} for that`,
  );
}

function differs(setting: string, description: string): SipfError {
  const message = `trainable.${setting} is another than that of the adapter that the training continues: ${description}`;
  return new SipfError('invalid-argument', message, {
    reason: 'TRAINING_INVALID',
    violations: [{ field: `trainable.${setting}`, description }],
  });
}
