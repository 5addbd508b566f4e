/** A layer of confinement besides a child's limits; see the README's table. */
export const confinementLayers = ['namespaces', 'root', 'privileges', 'user', 'permissions'] as const;
export type ConfinementLayer = (typeof confinementLayers)[number];

/** A way to start a child: every field is one more feature that the host must allow. */
export interface Plan {
  /** Separate network without an interface, process numbers, IPC, mounts and host name. */
  readonly namespaces: boolean;
  /** A read-only root that holds only the interpreter, its libraries and its code; needs `namespaces`. */
  readonly root: boolean;
  /** No capabilities, no way to gain any, and another user where the service runs as root. */
  readonly privileges: boolean;
  /** Node's permission model, for JavaScript outside an isolate. */
  readonly permissions: boolean;
}

/** Limits only. */
export const openPlan: Plan = { namespaces: false, root: false, privileges: false, permissions: false };

/** From the strictest to the weakest. */
export const plans: readonly Plan[] = [
  { namespaces: true, root: true, privileges: true, permissions: true },
  { namespaces: true, root: false, privileges: true, permissions: true },
  { namespaces: false, root: false, privileges: true, permissions: true },
  { namespaces: false, root: false, privileges: false, permissions: true },
  openPlan,
];

/** The layers that a plan gives a child. @param isRoot whether the service runs as root */
export function layersOf(plan: Plan, isRoot: boolean): readonly ConfinementLayer[] {
  const given = { ...plan, user: !isRoot || plan.privileges };
  return confinementLayers.filter((layer) => given[layer]);
}
