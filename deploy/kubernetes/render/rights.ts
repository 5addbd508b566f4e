import type { IRole, IRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import type { IServiceAccount } from 'kubernetes-models/v1';
import type { IObject } from './kubernetes-object.ts';
import type { Hooked, PlannedServer } from './plan.ts';
import { metadataOf } from './topology.ts';
import type { ServiceName, Values } from './values.ts';
import { CALLER, nameOf } from './vllm.ts';

/** Those of a service; it has one backend. */
export function hookedBy(service: ServiceName, servers: readonly PlannedServer[]): Hooked | undefined {
  const server = servers.find(
    ({ parts, hook }) => hook !== undefined && parts.some((part) => CALLER[part] === service),
  );
  return server && { deployment: nameOf(server), replicas: server.replicas };
}

/** An account of the service's own, which may change and scale that one Deployment; nothing where it has no hook. */
export function rightsOf(service: ServiceName, values: Values, hooked: Hooked | undefined): IObject[] {
  if (hooked === undefined) return [];
  const metadata = metadataOf(service, values);
  const apps = { apiGroups: ['apps'], resourceNames: [hooked.deployment] };
  const account: IServiceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  const role: IRole = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata,
    rules: [
      { ...apps, resources: ['deployments'], verbs: ['get', 'list', 'watch', 'patch'] },
      { ...apps, resources: ['deployments/scale'], verbs: ['get', 'update', 'patch'] },
    ],
  };
  const binding: IRoleBinding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: values.namespace }],
  };
  return [account, role, binding];
}
