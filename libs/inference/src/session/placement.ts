import { kindOf, type DeviceName } from '@sipf/contracts/devices';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the nodes of a graph are computed that was to run on a device. */
export interface Placement {
  readonly device: DeviceName;
  readonly nodes: number;
  /** How many of them the CPU computes, by operator, the most frequent first; shapes always are among them. */
  readonly onCpu: Readonly<Record<string, number>>;
}

/** E.g. `webgpu, 123 of 858 nodes on the CPU: Gather 40, Concat 30`. */
export function describePlacement({ device, nodes, onCpu }: Placement): string {
  const operators = Object.entries(onCpu);
  if (operators.length === 0) return `${device}, all ${nodes} nodes`;
  const count = operators.reduce((sum, [, times]) => sum + times, 0);
  const words = operators.map(([operator, times]) => `${operator} ${times}`);
  return `${device}, ${count} of ${nodes} nodes on the CPU: ${words.join(', ')}`;
}

/** What onnxruntime writes of one run of one node, and of other things. */
interface ProfileEvent {
  readonly cat?: string;
  readonly name?: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/** @param profile onnxruntime's, as text */
export function placementOf(device: DeviceName, profile: string): Placement {
  const nodes = new Map<string, ProfileEvent['args']>();
  for (const { cat, name, args } of JSON.parse(profile) as ProfileEvent[]) {
    if (cat === 'Node' && name !== undefined && args?.provider !== undefined) nodes.set(name, args);
  }
  const counts = new Map<string, number>();
  for (const args of nodes.values()) {
    const { provider, op_name: operator = '' } = args ?? {};
    if (provider === 'CPUExecutionProvider') counts.set(operator, (counts.get(operator) ?? 0) + 1);
  }
  const mostFirst = [...counts].sort(([, a], [, b]) => b - a);
  return { device, nodes: nodes.size, onCpu: Object.fromEntries(mostFirst) };
}

/** What a profiled session is asked to end with. */
interface Profiled {
  endProfiling(): void;
}

/**
 * Finds out where a session computes: onnxruntime hands nodes that a provider lacks to the CPU without a word, and the binding
 * tells it by a profile alone, which is taken of the first run.
 */
export class PlacementProbe {
  readonly #device: DeviceName;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sipf-placement-'));

  private constructor(device: DeviceName) {
    this.#device = device;
  }

  /** Undefined for the CPU, which has every node. */
  static of(device: DeviceName): PlacementProbe | undefined {
    return kindOf(device) === 'cpu' ? undefined : new PlacementProbe(device);
  }

  /** To create the session with. */
  get options(): { readonly enableProfiling: true; readonly profileFilePrefix: string } {
    return { enableProfiling: true, profileFilePrefix: join(this.#folder, 'run') };
  }

  /** After the first run. */
  finish(session: Profiled): Placement {
    session.endProfiling();
    const [file = ''] = readdirSync(this.#folder);
    const placement = placementOf(this.#device, readFileSync(join(this.#folder, file), 'utf8'));
    this.discard();
    return placement;
  }

  /** Without a run. */
  discard(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
