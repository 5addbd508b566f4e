import type { IPersistentVolumeClaim, IVolume } from 'kubernetes-models/v1';
import { metadataOf } from './topology.ts';
import type { ServiceName, ServiceValues, Values } from './values.ts';

interface VolumeValues {
  readonly storageClass: string | null;
  readonly size: string;
}

/** The claim of the artifact store: an existing one, or the one made here. */
function artifactsClaim({ storage }: Values): string {
  return storage.artifacts.claim ?? 'sipf-artifacts';
}

/** What a pod mounts for artifacts: the shared volume, or space for its cache of a server. */
export function artifactsSource(values: Values): IVolume {
  const { server, cacheSize } = values.storage.artifacts;
  if (server !== null) return { name: 'cache', emptyDir: { sizeLimit: cacheSize } };
  return { name: 'artifacts', persistentVolumeClaim: { claimName: artifactsClaim(values) } };
}

/** The artifact store's volume, unless the values name one. */
export function artifactsVolume(values: Values): IPersistentVolumeClaim[] {
  const { artifacts } = values.storage;
  if (artifacts.claim !== null || artifacts.server !== null) return [];
  const metadata = {
    name: artifactsClaim(values),
    namespace: values.namespace,
    labels: { 'app.kubernetes.io/part-of': 'sipf' },
  };
  const spec = { accessModes: ['ReadWriteMany' as const], ...requestOf(artifacts) };
  return [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec }];
}

/** The volume that all pods of a service mount; undefined where its one pod has its own, or none. */
export function sharedClaim(service: ServiceName, values: Values): IPersistentVolumeClaim | undefined {
  const { volume }: ServiceValues = values.services[service];
  if (volume === undefined || !('accessMode' in volume) || volume.accessMode !== 'ReadWriteMany')
    return undefined;
  const spec = { accessModes: [volume.accessMode], ...requestOf(volume) };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: metadataOf(service, values), spec };
}

/** A volume of one pod's own. */
export function claimTemplate(name: string, volume: VolumeValues): IPersistentVolumeClaim {
  const spec = { accessModes: ['ReadWriteOnce' as const], ...requestOf(volume) };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec };
}

function requestOf({ storageClass, size }: VolumeValues) {
  const resources = { requests: { storage: size } };
  return storageClass === null ? { resources } : { resources, storageClassName: storageClass };
}
