import type { Hooked } from './plan.ts';
import type { ServiceName, Values } from './values.ts';

/** Whether a service keeps the leases of its runs at the API server. */
export function keepsLeases(service: ServiceName, { services }: Values): boolean {
  return services[service].settings['leases'] === 'kubernetes';
}

/** Whether a service asks the API server: for its hook, or for leases. */
export function callsApiServer(service: ServiceName, values: Values, hooked: Hooked | undefined): boolean {
  return hooked !== undefined || keepsLeases(service, values);
}
