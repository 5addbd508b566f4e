import type { RunConfig } from '@sipf/contracts';

/** Of a stage: which of the run's compared verifiers it makes or asks, from 1. */
interface Compared {
  readonly compared: number | undefined;
}

/** The outputs of the data that have the models under compared verifiers, where their settings name them. */
export const COMPARED_BASES = [
  ...(['comparedBase1', 'comparedBase2', 'comparedBase3', 'comparedBase4'] as const),
  ...(['comparedBase5', 'comparedBase6', 'comparedBase7', 'comparedBase8'] as const),
] as const;

type BaseOutput = 'verifierBase' | (typeof COMPARED_BASES)[number];

/** The configuration as a stage has it: of a compared verifier, with its base and kind in the place of the run's own. */
export function configOf({ compared }: Compared, config: RunConfig): RunConfig {
  const { verifier, comparedVerifiers = [] } = config;
  const other = compared === undefined ? undefined : comparedVerifiers[compared - 1];
  return other === undefined || verifier === undefined
    ? config
    : { ...config, verifier: { ...verifier, ...other } };
}

/** The output of the data that has the model under a verifier, where its settings name one. */
export function verifierBaseOf({ compared }: Compared): BaseOutput {
  return COMPARED_BASES[(compared ?? 0) - 1] ?? 'verifierBase';
}

/** Every verifier's base that the settings name, by the output of the data. */
export function verifierBases({
  verifier,
  comparedVerifiers = [],
}: Pick<RunConfig, 'verifier' | 'comparedVerifiers'>): {
  readonly name: BaseOutput;
  readonly model: string;
}[] {
  const bases = [verifier?.base, ...comparedVerifiers.map(({ base }) => base)];
  return bases.flatMap((base, index) => {
    if (typeof base !== 'object') return [];
    return [{ name: verifierBaseOf({ compared: index === 0 ? undefined : index }), model: base.model }];
  });
}
