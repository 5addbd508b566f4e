import { SipfError } from '@sipf/errors';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const TIMEOUT_MS = 5000;
export const REASON = 'LEASES_UNAVAILABLE';

/** What the API server said. */
export interface Answer {
  /** Of HTTP. */
  readonly status: number;
  readonly body: unknown;
}

/** The API server of the cluster that a pod is in, asked as the pod's service account. */
export interface KubernetesApi {
  /** `https://host:port`, for people. */
  readonly shown: string;
  /** The service account's. */
  readonly namespace: string;
  /**
   * @param body of a POST or PUT
   * @throws SipfError `unavailable` LEASES_UNAVAILABLE where nobody answers; SETTINGS_INVALID for files that cannot be read
   */
  call(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<Answer>;
  close(): void;
}

/**
 * @param account folder with `token`, `ca.crt` and `namespace`; they are read at every call, as tokens are replaced while a pod
 * lives
 * @param env where a pod finds the API server
 * @throws SipfError invalid-argument SETTINGS_INVALID outside a pod
 */
export async function openKubernetesApi(
  account: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<KubernetesApi> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (host === undefined)
    throw invalid('needs a pod, whose environment names the API server: KUBERNETES_SERVICE_HOST is not set');
  const read = async (name: string): Promise<string> =>
    await readFile(join(account, name), 'utf8').catch((cause: unknown) => {
      const { code = '' } = cause as NodeJS.ErrnoException;
      const where = `${join(account, name)} cannot be read (${code})`;
      throw invalid(`needs a service account: ${where}; its pod needs automountServiceAccountToken`, cause);
    });
  const namespace = (await read('namespace')).trim();
  const agent = new Agent({ keepAlive: true });
  const shown = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    ...{ shown, namespace },
    call: async (method, path, body) => {
      const [token, ca] = [(await read('token')).trim(), await read('ca.crt')];
      const options = { agent, host, port, ca, method, path, headers: headersOf(token, body) };
      return await ask(options, body).catch((cause: unknown) => {
        throw unreachable(shown, cause);
      });
    },
    close: () => {
      agent.destroy();
    },
  };
}

function headersOf(token: string, body: object | undefined): Record<string, string> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return { authorization: `Bearer ${token}`, accept: 'application/json', ...type };
}

async function ask(options: object, body: object | undefined): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request({ ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, (answer) => {
    text(answer).then((content) => {
      resolve({ status: answer.statusCode ?? 0, body: jsonOf(content) });
    }, reject);
  });
  sent.on('error', reject);
  sent.end(body && JSON.stringify(body));
  return await promise;
}

/** Undefined for what a proxy in between says in its own words. */
function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function unreachable(shown: string, cause: unknown): SipfError {
  const isLate = (cause as Error).name === 'AbortError';
  const why = isLate ? `no answer in ${TIMEOUT_MS / 1000} s` : (cause as Error).message;
  const remedy =
    'its certificate must be of ca.crt, and the pod’s network policies must let it out to the API server';
  const message = `the leases of runs at ${shown} cannot be reached: ${why}; ${remedy}`;
  return new SipfError('unavailable', message, { reason: REASON, cause });
}

function invalid(description: string, cause?: unknown): SipfError {
  return new SipfError('invalid-argument', `--leases kubernetes ${description}`, {
    reason: 'SETTINGS_INVALID',
    violations: [{ field: '--leases', description }],
    cause,
  });
}
