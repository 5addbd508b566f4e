import type { RunConfig } from '@sipf/contracts';
import { SipfError, type FieldViolation } from '@sipf/errors';
import type { Tokenizer } from '@sipf/models';
import { adapterFaults } from './check-adapters.ts';
import type { OpenedModel, VerifierBaseField } from './opened.ts';
import type { Openings } from './openings.ts';
import { whyMissing } from './path-settings.ts';

export interface ModelCheck {
  readonly opened: readonly OpenedModel[];
  readonly faults: readonly FieldViolation[];
}

/** Opens the models' configurations, weights and tokenizers as the run's first stage will. */
export async function checkModels(config: RunConfig, { models }: Openings): Promise<ModelCheck> {
  const { policy, simulator } = config;
  const named = [
    { field: 'policy.model' as const, folder: policy.model },
    {
      field: 'simulator.model' as const,
      folder: simulator?.model === 'policy' ? undefined : simulator?.model,
    },
    ...verifierBaseFields(config),
  ];
  const results: (OpenedModel | FieldViolation)[] = [];
  for (const { field, folder } of named)
    if (folder !== undefined) results.push(await models.of([field, folder], () => openModel(field, folder)));
  const opened = results.flatMap((result) => ('config' in result ? [result] : []));
  const faults = results.flatMap((result) => ('description' in result ? [result] : []));
  return { opened, faults: [...faults, ...(await adapterFaults(config, opened))] };
}

/** The settings that name models under verifiers. */
export function verifierBaseFields({
  verifier,
  comparedVerifiers = [],
}: RunConfig): { readonly field: VerifierBaseField; readonly folder: string | undefined }[] {
  const folderOf = (base: NonNullable<typeof verifier>['base'] | undefined): string | undefined =>
    typeof base === 'object' ? base.model : undefined;
  const compared = comparedVerifiers.map(({ base }, index) => ({
    field: `comparedVerifiers.${index}.base.model` as const,
    folder: folderOf(base),
  }));
  return [{ field: 'verifier.base.model', folder: folderOf(verifier?.base) }, ...compared];
}

async function openModel(field: OpenedModel['field'], folder: string): Promise<OpenedModel | FieldViolation> {
  const missing = await whyMissing(folder, 'folder');
  if (missing !== undefined) return { field, description: missing };
  // Loads the engine's packages, which few commands of this program need.
  const { describeUnused, elementCount, loadModelFolder, loadTokenizer, parameterShapes } =
    await import('@sipf/models');
  try {
    // What its digest is has no part in whether it opens.
    const model = await loadModelFolder(folder, { knownDigest: '' });
    const storedBytes = model.tensors.dtype('model.embed_tokens.weight') === 'float32' ? 4 : 2;
    model.close();
    const sizes = [...parameterShapes(model.config)].map(([name, shape]) => ({
      name,
      size: elementCount(shape),
    }));
    const heads = sizes.filter(({ name }) => name.startsWith('lm_head.'));
    const [parameters, lmHead] = [sizes, heads].map((all) =>
      all.reduce((sum, { size }) => sum + size, 0),
    ) as [number, number];
    const counted = { parameters, lmHead, storedBytes };
    const tokenizer = model.tokenizer ?? loadTokenizer(folder);
    const unused = describeUnused(model.unused);
    return { field, folder, unused, config: model.config, tokensOf: counter(tokenizer), ...counted };
  } catch (error) {
    if (error instanceof SipfError)
      return { field, description: `${folder} cannot be opened: ${error.message}` };
    throw error;
  }
}

/** Counts a text once: the runs of an experiment read the same ones. */
function counter(tokenizer: Tokenizer): OpenedModel['tokensOf'] {
  const counts = new Map<string, number | undefined>();
  return (text) => {
    if (!counts.has(text)) counts.set(text, countTokens(tokenizer, text));
    return counts.get(text);
  };
}

function countTokens(tokenizer: Tokenizer, text: string): number | undefined {
  try {
    return tokenizer.encode(text).length;
  } catch (error) {
    if (error instanceof SipfError && error.reason === 'TEXT_NOT_ENCODABLE') return undefined;
    throw error;
  }
}
