import { common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';

/** An adapter that a client loaded under a name. */
export interface NamedAdapter {
  readonly name: string;
  /** The name of its base. */
  readonly parent: string;
  readonly ref: common.ModelRef;
  /** Milliseconds since 1970. */
  readonly loadedAt: number;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The names that clients have for models: digests, the default model's name, and names of loaded adapters. */
export class ModelNames {
  /** The service's default model, where it has a name. */
  readonly served: string | undefined;
  readonly #maxAdapters: number;
  readonly #adapters = new Map<string, NamedAdapter>();

  /** @param maxAdapters most names of adapters */
  constructor(served: string | undefined, maxAdapters: number) {
    this.served = served;
    this.#maxAdapters = maxAdapters;
  }

  get adapters(): readonly NamedAdapter[] {
    return [...this.#adapters.values()];
  }

  /**
   * @param name absent for the service's default model; `<digest>+<digest>` for an adapter of the store
   * @throws SipfError not-found MODEL_NOT_FOUND
   */
  resolve(name: string | undefined): common.ModelRef {
    if (name === undefined || name === this.served) return common.ModelRef.create();
    const adapter = this.#adapters.get(name);
    if (adapter !== undefined) return adapter.ref;
    const [digest = '', adapterDigest = '', ...more] = name.split('+');
    const parts = adapterDigest === '' ? [digest] : [digest, adapterDigest];
    if (more.length === 0 && parts.every((part) => DIGEST.test(part))) return { digest, adapterDigest };
    throw new SipfError('not-found', `the model ${JSON.stringify(name)} does not exist`, {
      reason: 'MODEL_NOT_FOUND',
      violations: [{ field: 'model', description: `${JSON.stringify(name)} does not exist` }],
    });
  }

  /** @throws SipfError invalid-argument INVALID_FIELD for a name that another model has; resource-exhausted QUEUE_FULL */
  add(adapter: NamedAdapter): void {
    const { name, ref } = adapter;
    if (name === this.served || this.#adapters.has(name)) {
      throw wrongName(`the adapter ${JSON.stringify(name)} has already been loaded`);
    }
    if (name.startsWith('sha256:') && name !== ref.adapterDigest) {
      throw wrongName('a name in the form of a digest must be the digest of this adapter');
    }
    if (this.#adapters.size >= this.#maxAdapters) {
      const message = `${this.#maxAdapters} adapters are loaded already; unload one`;
      throw new SipfError('resource-exhausted', message, { reason: 'QUEUE_FULL' });
    }
    this.#adapters.set(name, adapter);
  }

  /** @throws SipfError not-found MODEL_NOT_FOUND */
  remove(name: string): void {
    if (this.#adapters.delete(name)) return;
    const message = `the adapter ${JSON.stringify(name)} is not loaded`;
    throw new SipfError('not-found', message, { reason: 'MODEL_NOT_FOUND' });
  }
}

function wrongName(description: string): SipfError {
  const violations = [{ field: 'lora_name', description }];
  return new SipfError('invalid-argument', description, { reason: 'INVALID_FIELD', violations });
}
