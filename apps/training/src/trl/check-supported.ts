import { ENGINE_TAKES, nameOf, quantisationNamed, training } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { rowsPerProcess, settingsOf } from './batch-share.ts';
import type { TrainerLayout } from './layout.ts';

/** What bitsandbytes has in common with the engine, and none. */
export type TrainerQuantisation = keyof typeof quantisationNamed;

/**
 * Whether TRL runs such a job on this layout.
 * @throws SipfError unimplemented OBJECTIVE_UNSUPPORTED naming the field and what to do; invalid-argument INVALID_FIELD for a
 * batch that the processes cannot share equally, and for DPO and RPO without a model to start from
 */
export function checkSupported(spec: training.JobSpec, layout: TrainerLayout): void {
  checkReference(spec);
  checkQuantisation(spec, layout);
  checkPrecision(spec, layout);
  rowsPerProcess(settingsOf(spec), layout);
}

/** The format of the frozen weights. @throws SipfError unimplemented OBJECTIVE_UNSUPPORTED for those of the engine alone */
export function quantisationOf(spec: training.JobSpec): TrainerQuantisation {
  const { field, value, taken } = quantisationField(spec);
  const name = nameOf(quantisationNamed, value);
  const known = taken.find((one) => one === name);
  if (known !== undefined) return known;
  const others = taken.join(', ');
  throw unsupported(
    field,
    `${name ?? value} is a format of the engine alone: use ${others}, or --trainer engine`,
  );
}

interface QuantisationField {
  readonly field: string;
  readonly value: training.Quantisation;
  readonly taken: readonly TrainerQuantisation[];
}

function quantisationField({ lora, objective }: training.JobSpec): QuantisationField {
  const { adapterQuantisation, headQuantisation } = ENGINE_TAKES.trl;
  if (objective?.$case === 'rewardModel' && objective.value.headOnly) {
    const value = objective.value.quantisation;
    return { field: 'reward_model.quantisation', value, taken: headQuantisation };
  }
  const value = lora?.quantisation ?? training.Quantisation.UNSPECIFIED;
  return { field: 'lora.quantisation', value, taken: adapterQuantisation };
}

function checkReference({ objective, initialConfig }: training.JobSpec): void {
  const needsReference =
    objective?.$case === 'preference' && objective.value.loss !== training.PreferenceLoss.ORPO;
  if (!needsReference || initialConfig === undefined) return;
  const description = 'is required for this loss, whose reference is the model that the training starts from';
  throw new SipfError('invalid-argument', `spec.base_model ${description}`, {
    reason: 'INVALID_FIELD',
    violations: [{ field: 'spec.base_model', description }],
  });
}

function checkQuantisation(spec: training.JobSpec, { sharding }: TrainerLayout): void {
  if (quantisationOf(spec) === 'none') return;
  const { field } = quantisationField(spec);
  if (sharding !== 'ddp') {
    const why = `quantised weights are not shared out by ${sharding}`;
    throw unsupported(field, `${why}: use --trainer-sharding ddp, or no quantisation`);
  }
  const isHeadOnly = field.startsWith('reward_model');
  if (isHeadOnly && (spec.baseModel?.adapterDigest ?? '') !== '') {
    throw unsupported(
      field,
      'an adapter is not merged into a quantised decoder: merge it before the job, or use none',
    );
  }
}

function checkPrecision(spec: training.JobSpec, { sharding }: TrainerLayout): void {
  if (sharding !== 'zero3' || settingsOf(spec).precision === 'float32') return;
  const why = 'zero3 would round the trained weights themselves';
  throw unsupported('optimisation.precision', `${why}: use --trainer-sharding fsdp2, or float32`);
}

function unsupported(field: string, description: string): SipfError {
  return new SipfError('unimplemented', `spec.${field}: ${description}`, {
    reason: 'OBJECTIVE_UNSUPPORTED',
    violations: [{ field: `spec.${field}`, description }],
  });
}
