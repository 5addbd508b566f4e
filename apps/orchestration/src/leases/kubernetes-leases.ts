import { SipfError } from '@sipf/errors';
import { z } from 'zod';
import { openKubernetesApi, REASON, type Answer, type KubernetesApi } from './kubernetes-api.ts';
import type { ServerLeases } from './run-leases.ts';

/** Where a pod has its service account. */
export const POD_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

const ANNOTATION = 'sipf.io/lease';
const [FORBIDDEN, MISSING, CONFLICT] = [403, 404, 409];
/** What the account must be allowed to do; nothing else is done. */
const VERBS = { GET: 'get', POST: 'create', PUT: 'update' } as const;

const leaseObject = z.looseObject({
  metadata: z.looseObject({
    resourceVersion: z.string().min(1),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
/** How the API server says what is wrong. */
const statusObject = z.object({
  message: z.string().optional(),
  details: z.object({ kind: z.string().optional() }).optional(),
});

/**
 * Leases of coordination.k8s.io, one a run, in the namespace of a service account. An annotation holds the text, epoch included,
 * and is written only over the version of the object that its writer has seen.
 * @param account,env as of `openKubernetesApi`
 * @throws SipfError LEASES_UNAVAILABLE: `unavailable`, `unauthenticated`, `permission-denied` with the verbs that the account
 * lacks, `not-found` for the namespace; SETTINGS_INVALID outside a pod
 */
export async function openKubernetesLeases(
  account: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ServerLeases> {
  const leases = new KubernetesLeases(await openKubernetesApi(account, env));
  try {
    await leases.requireRights();
  } catch (error) {
    await leases.close();
    throw error;
  }
  return leases;
}

class KubernetesLeases implements ServerLeases {
  readonly #api: KubernetesApi;
  readonly #path: string;

  constructor(api: KubernetesApi) {
    this.#api = api;
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${api.namespace}/leases`;
  }

  of(runId: string): ReturnType<ServerLeases['of']> {
    // A run's name may end with a hyphen, an object's may not.
    const name = `sipf-run-${runId}-lease`;
    return {
      read: async () => {
        const answer = await this.#api.call('GET', `${this.#path}/${name}`);
        if (answer.status === MISSING && !isOfNamespace(answer)) return undefined;
        const { metadata } = this.#expectLease('GET', answer);
        return { text: metadata.annotations?.[ANNOTATION] ?? '', revision: metadata.resourceVersion };
      },
      write: async (text, resourceVersion, holder) => {
        const answer = await this.#write(name, { text, resourceVersion, holder });
        if (isExpected(answer)) return undefined;
        const method = resourceVersion === undefined ? 'POST' : 'PUT';
        return this.#expectLease(method, answer).metadata.resourceVersion;
      },
    };
  }

  /** Tries what is done later, without effect: who may not hears of it before a run begins. */
  async requireRights(): Promise<void> {
    const name = 'sipf-rights';
    const answers = {
      GET: await this.#api.call('GET', `${this.#path}/${name}`),
      POST: await this.#write(name, { text: '' }, '?dryRun=All'),
      PUT: await this.#write(name, { text: '', resourceVersion: '1' }, '?dryRun=All'),
    };
    const all = Object.values(answers);
    const lacked = (['GET', 'POST', 'PUT'] as const).filter((method) => answers[method].status === FORBIDDEN);
    const forbidden = all.find(({ status }) => status === FORBIDDEN);
    if (forbidden !== undefined) throw this.#forbidden(lacked, forbidden);
    const refused = all.find((answer) => answer.status >= 300 && !isExpected(answer));
    if (refused !== undefined) throw this.#refused(refused);
  }

  close(): Promise<void> {
    this.#api.close();
    return Promise.resolve();
  }

  async #write(
    name: string,
    { text, resourceVersion, holder: holderIdentity }: Written,
    query = '',
  ): Promise<Answer> {
    const metadata = {
      ...{ name, resourceVersion, annotations: { [ANNOTATION]: text } },
      labels: { 'app.kubernetes.io/part-of': 'sipf' },
    };
    // Its time has microseconds.
    const spec = { holderIdentity, renewTime: new Date().toISOString().replace('Z', '000Z') };
    const object = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    return resourceVersion === undefined
      ? await this.#api.call('POST', this.#path + query, object)
      : await this.#api.call('PUT', `${this.#path}/${name}${query}`, object);
  }

  #expectLease(method: keyof typeof VERBS, answer: Answer): z.infer<typeof leaseObject> {
    if (answer.status === FORBIDDEN) throw this.#forbidden([method], answer);
    const found = answer.status < 300 ? leaseObject.safeParse(answer.body).data : undefined;
    if (found === undefined) throw this.#refused(answer);
    return found;
  }

  #forbidden(methods: readonly (keyof typeof VERBS)[], answer: Answer): SipfError {
    const { namespace, shown } = this.#api;
    const verbs = methods.map((method) => VERBS[method]);
    const role = `a Role with the ${verbs.length > 1 ? 'verbs' : 'verb'} ${verbs.join(', ')} on leases of coordination.k8s.io`;
    const message = `${shown} refuses the leases of runs (${messageOf(answer)}): give the service account ${role} in namespace ${namespace}`;
    return new SipfError('permission-denied', message, { reason: REASON });
  }

  #refused(answer: Answer): SipfError {
    const { namespace, shown } = this.#api;
    const refused = `${shown} refuses the leases of runs: ${messageOf(answer)}`;
    const error = (kind: SipfError['kind'], message: string) =>
      new SipfError(kind, message, { reason: REASON });
    if (answer.status === 401)
      return error(
        'unauthenticated',
        `${refused}; it does not know the service account's token, or no longer`,
      );
    if (isOfNamespace(answer))
      return error('not-found', `${refused}; make namespace ${namespace}, or start in one that is there`);
    return error('unavailable', refused);
  }
}

interface Written {
  readonly text: string;
  readonly resourceVersion?: string | undefined;
  readonly holder?: string | undefined;
}

/** Whether the object is there and ought not to be, or another one, or none: somebody was faster, or has deleted it. */
function isExpected(answer: Answer): boolean {
  return answer.status === CONFLICT || (answer.status === MISSING && !isOfNamespace(answer));
}

function isOfNamespace({ status, body }: Answer): boolean {
  return status === MISSING && statusObject.safeParse(body).data?.details?.kind === 'namespaces';
}

function messageOf({ status, body }: Answer): string {
  return statusObject.safeParse(body).data?.message ?? `HTTP status ${status}`;
}
