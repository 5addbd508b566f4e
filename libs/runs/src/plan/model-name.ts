import { common } from '@sipf/contracts';

/** A model in the run log: its digest, and after `+` its adapter's. */
export function formatModel({ digest, adapterDigest }: common.ModelRef): string {
  return adapterDigest === '' ? digest : `${digest}+${adapterDigest}`;
}

export function parseModel(text: string): common.ModelRef {
  const [digest = '', adapterDigest = ''] = text.split('+');
  return common.ModelRef.create({ digest, adapterDigest });
}
