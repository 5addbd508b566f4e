import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Programs that the project fetches for itself. */
export const TOOLS = fileURLToPath(new URL('../../../.tools', import.meta.url));
/** Where `npm start` begins. */
export const DEFAULT_CONFIG = fileURLToPath(new URL('../configs/arithmetic.yaml', import.meta.url));

/** The services that `sipf serve` runs. */
export const SERVICES = [
  'generation',
  'simulation',
  'verification',
  'execution',
  'training',
  'orchestration',
  'gateway',
  'dashboard',
] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Each by a literal, so that a bundle of the programs finds them (test/bundle). */
const PROGRAMS: Readonly<Record<ServiceName, URL>> = {
  generation: new URL('../../generation/src/main.ts', import.meta.url),
  simulation: new URL('../../simulation/src/main.ts', import.meta.url),
  verification: new URL('../../verification/src/main.ts', import.meta.url),
  execution: new URL('../../execution/src/main.ts', import.meta.url),
  training: new URL('../../training/src/main.ts', import.meta.url),
  orchestration: new URL('../../orchestration/src/main.ts', import.meta.url),
  gateway: new URL('../../gateway/src/main.ts', import.meta.url),
  dashboard: new URL('../../dashboard/src/main.ts', import.meta.url),
};

/** The program of a service. */
export function programOf(service: ServiceName): string {
  return fileURLToPath(PROGRAMS[service]);
}
