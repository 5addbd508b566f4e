import { confinementLayers, type Confinement, type ConfinementMode } from '@sipf/sandbox';
import { Gauge, type Registry } from 'prom-client';

/** The logger's methods used here. */
interface Log {
  readonly info: (facts: object, message: string) => void;
  readonly warn: (facts: object, message: string) => void;
}

/** Logs once how programs' processes are confined; warns where the host lacks a wanted layer. */
export function logConfinement(log: Log, mode: ConfinementMode, { layers, missing, why }: Confinement): void {
  if (missing.length === 0) log.info({ layers }, 'children are confined');
  else if (mode === 'off') log.warn({ layers, missing }, 'children are not confined: --confinement off');
  else log.warn({ layers, missing, why }, 'children are confined less than they could be');
}

/** Registers a gauge that is 1 for every layer of confinement in force. */
export function registerConfinement(registry: Registry, { layers }: Confinement): void {
  const gauge = new Gauge({
    registers: [registry],
    name: 'sipf_execution_confinement',
    help: 'Layers of confinement of the processes that run programs: 1 in force, 0 not.',
    labelNames: ['layer'],
  });
  for (const layer of confinementLayers) gauge.set({ layer }, layers.includes(layer) ? 1 : 0);
}
