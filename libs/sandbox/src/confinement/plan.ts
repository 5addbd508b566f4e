/** What is kept from a child process beside the limits that it always has; see the README's table. */
export const confinementLayers = ['namespaces', 'root', 'privileges', 'user', 'permissions'] as const;
export type ConfinementLayer = (typeof confinementLayers)[number];

/** A way to start a child: every field is one more thing that the host must offer. */
export interface Plan {
  /** Own network without an interface, own process numbers, IPC, mounts and host name. */
  readonly namespaces: boolean;
  /** A read-only root with nothing but the interpreter, its libraries and its code; needs `namespaces`. */
  readonly root: boolean;
  /** No capabilities, none to be gained, and another user where the service is the superuser. */
  readonly privileges: boolean;
  /** Node's permission model: what JavaScript outside an isolate could reach. */
  readonly permissions: boolean;
}

/** No more than limits. */
export const openPlan: Plan = { namespaces: false, root: false, privileges: false, permissions: false };

/** From the most to the least that a host may offer. */
export const plans: readonly Plan[] = [
  { namespaces: true, root: true, privileges: true, permissions: true },
  { namespaces: true, root: false, privileges: true, permissions: true },
  { namespaces: false, root: false, privileges: true, permissions: true },
  { namespaces: false, root: false, privileges: false, permissions: true },
  openPlan,
];

/** The layers that a plan gives a child. @param isRoot whether the service is the superuser */
export function layersOf(plan: Plan, isRoot: boolean): readonly ConfinementLayer[] {
  const given = { ...plan, user: !isRoot || plan.privileges };
  return confinementLayers.filter((layer) => given[layer]);
}
