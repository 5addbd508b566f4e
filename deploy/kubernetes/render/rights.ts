import type { IRole, IRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import type { IServiceAccount } from 'kubernetes-models/v1';
import { callsApiServer, keepsLeases } from './api-server.ts';
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

/** An account of the service's own with what it asks for, and nothing else; none where it asks for nothing. */
export function rightsOf(service: ServiceName, values: Values, hooked: Hooked | undefined): IObject[] {
  if (!callsApiServer(service, values, hooked)) return [];
  const rules = [
    ...(hooked === undefined ? [] : hookRules(hooked)),
    ...(keepsLeases(service, values) ? [LEASES] : []),
  ];
  const metadata = metadataOf(service, values);
  const account: IServiceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  const role: IRole = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules };
  const binding: IRoleBinding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: values.namespace }],
  };
  return [account, role, binding];
}

type Rules = NonNullable<IRole['rules']>;

/** Runs have names that nobody knows before. */
const LEASES = {
  apiGroups: ['coordination.k8s.io'],
  resources: ['leases'],
  verbs: ['get', 'create', 'update'],
};

/** To change and scale that one Deployment. */
function hookRules({ deployment }: Hooked): Rules {
  const apps = { apiGroups: ['apps'], resourceNames: [deployment] };
  return [
    { ...apps, resources: ['deployments'], verbs: ['get', 'list', 'watch', 'patch'] },
    { ...apps, resources: ['deployments/scale'], verbs: ['get', 'update', 'patch'] },
  ];
}
