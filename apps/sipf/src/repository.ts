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

/** The program of a service. */
export function programOf(service: ServiceName): string {
  return fileURLToPath(new URL(`../../${service}/src/main.ts`, import.meta.url));
}
