import { common, type EngineKind } from '@sipf/contracts';
import type { ServerFacts } from './server-facts.ts';

/** Where servers are, and how they are spoken to. */
interface Spoken {
  readonly kind: EngineKind;
  /** For people. */
  readonly speaks: string;
  readonly host: string;
}

/** What computes behind a backend, for `Info`: what its servers say of themselves, each different word once. */
export function remoteEngine({ kind, speaks, host }: Spoken, facts: readonly ServerFacts[]): common.Engine {
  const wordsOf = (name: 'version' | 'precision' | 'device'): string => {
    const known = facts.map((one) => one[name]).filter((word) => word !== undefined);
    return [...new Set(known)].sort().join(', ');
  };
  const device = wordsOf('device');
  return common.Engine.fromPartial({
    ...{ kind, version: wordsOf('version'), precision: wordsOf('precision') },
    device: device === '' ? `${speaks} at ${host}` : `${device}, ${speaks} at ${host}`,
    servers: host.split(', '),
  });
}
