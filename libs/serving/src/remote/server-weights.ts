import { SipfError } from '@sipf/errors';
import type { Server, ServerLease } from '@sipf/openai';
import { reloadWeights } from './reload-weights.ts';
import { readWeightVersion, type ServerFacts } from './server-facts.ts';
import { SharedTurn } from './shared-turn.ts';

/** Whether a server keeps the weights that it started with, or gets those that are asked for. */
export type WeightsMode = 'fixed' | 'reload';

/** The fence between a server's weights and the model that is asked of it. */
export class ServerWeights {
  readonly #mode: WeightsMode;
  readonly #turns = new WeakMap<Server, SharedTurn>();

  constructor(mode: WeightsMode) {
    this.#mode = mode;
  }

  /**
   * Has a server keep the weights of a digest until the lease ends, as far as this process asks it, and notices it where it is
   * asked otherwise.
   * @param facts of the server when it was first asked
   * @throws SipfError failed-precondition MODEL_NOT_LOADED for other weights; ServerFault
   */
  lease(server: Server, digest: string, { facts, signal }: LeaseContext): Promise<ServerLease> {
    if (this.#mode === 'reload') return this.#leaseReloaded(server, digest, signal);
    return leaseFixed(server, digest, { facts, signal });
  }

  async #leaseReloaded(server: Server, digest: string, signal: AbortSignal): Promise<ServerLease> {
    const turn = this.#turns.get(server) ?? new SharedTurn();
    this.#turns.set(server, turn);
    const leave = await turn.enter(digest, signal);
    try {
      if ((await readWeightVersion(server, signal)) !== digest) await reloadOnce(server, digest);
    } catch (error) {
      leave();
      throw error;
    }
    return {
      holds: async () => (await readWeightVersion(server, signal)) === digest,
      [Symbol.dispose]: leave,
    };
  }
}

interface LeaseContext {
  readonly facts: ServerFacts;
  readonly signal: AbortSignal;
}

const reloading = new WeakMap<Server, Promise<void>>();

/** All who wait for the same weights wait for one reload, which goes on where one of them gives up. */
async function reloadOnce(server: Server, digest: string): Promise<void> {
  const running = reloading.get(server) ?? reloadWeights(server, digest);
  reloading.set(server, running);
  try {
    await running;
  } finally {
    reloading.delete(server);
  }
}

async function leaseFixed(
  server: Server,
  digest: string,
  { facts: { weightVersion }, signal }: LeaseContext,
): Promise<ServerLease> {
  // A digest is what a client had the server load, and decides alone; any other word is the server's own, from its start.
  const isDigest = weightVersion?.startsWith('sha256:') === true;
  const isRight = (version: string | undefined): boolean =>
    version === digest || (version === weightVersion && !isDigest);
  if (weightVersion !== undefined) {
    const version = await readWeightVersion(server, signal);
    if (!isRight(version)) throw otherWeights(server, version ?? 'none', digest);
  }
  return {
    holds: async () => weightVersion === undefined || isRight(await readWeightVersion(server, signal)),
    [Symbol.dispose]: () => undefined,
  };
}

function otherWeights({ host }: Server, version: string, digest: string): SipfError {
  const message =
    `the backend ${host} computes with weights of version ${version.slice(0, 160)}, asked was ${digest}: ` +
    'another client loaded them; a server whose weights change is asked with --backend-weights reload';
  return new SipfError('failed-precondition', message, { reason: 'MODEL_NOT_LOADED' });
}
