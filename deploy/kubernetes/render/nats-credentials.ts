import { NATS_FILES } from '@sipf/artifacts/nats-variables';
import type { IEnvVar, IVolume, IVolumeMount } from 'kubernetes-models/v1';
import { ON_NATS, WITH_ARTIFACTS } from './topology.ts';
import type { ServiceName, Values } from './values.ts';

const FOLDER = '/nats';

function isFile(name: string): boolean {
  return (NATS_FILES as readonly string[]).includes(name);
}

/** What a pod gets to call NATS; nothing where there are no credentials, or where its service does not call it. */
interface NatsCredentials {
  readonly env: readonly IEnvVar[];
  readonly mounts: readonly IVolumeMount[];
  readonly volumes: readonly IVolume[];
}

/** The credentials of `nats.credentials`, for a service that follows events or keeps artifacts in NATS. */
export function natsCredentialsOf(service: ServiceName, { nats, storage }: Values): NatsCredentials {
  const { credentials } = nats;
  const stores = WITH_ARTIFACTS.includes(service) && /^(nats|tls):/.test(storage.artifacts.server ?? '');
  if (credentials === null || !(ON_NATS.includes(service) || stores))
    return { env: [], mounts: [], volumes: [] };
  const { secret, keys } = credentials;
  const env = keys.map((name) =>
    isFile(name)
      ? { name, value: `${FOLDER}/${name}` }
      : { name, valueFrom: { secretKeyRef: { name: secret, key: name } } },
  );
  const items = keys.filter(isFile).map((key) => ({ key, path: key }));
  if (items.length === 0) return { env, mounts: [], volumes: [] };
  return {
    env,
    mounts: [{ name: 'nats', mountPath: FOLDER, readOnly: true }],
    volumes: [{ name: 'nats', secret: { secretName: secret, defaultMode: 0o440, items } }],
  };
}
