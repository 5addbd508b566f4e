import { execution } from '@sipf/contracts';
import { confinementLayers, findConfinement, type ConfinementLayer } from '@sipf/sandbox';
import { createClient } from '@sipf/service';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runProgram, startProgram, type RunningProgram } from '../../support/start-program.ts';

const { Language, Outcome } = execution;
const flags = ['--processes', '1', '--warm', 'javascript'];
const here = await findConfinement('best');
const hasAll = here.missing.length === 0;

/** Takes from the service what it would need to confine: as root in a container that has given up its capabilities. */
const withoutCapabilities = [
  ...(process.getuid?.() === 0 ? [] : ['unshare', '--user', '--map-root-user']),
  ...['setpriv', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'],
];

async function layersInForce({ metricsUrl }: RunningProgram): Promise<ConfinementLayer[]> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  return confinementLayers.filter((layer) =>
    text.includes(`sipf_execution_confinement{layer="${layer}"} 1\n`),
  );
}

async function runsPrograms({ address }: RunningProgram): Promise<void> {
  using client = createClient(execution.ExecutionServiceDefinition, address);
  const { outcome } = await client.execute({ language: Language.JAVASCRIPT, code: '1;' });
  expect(outcome).toBe(Outcome.PASSED);
}

/** Processes that come from another one and run isolates. */
function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number);
  const runsIsolates = (child: number) =>
    readFileSync(`/proc/${child}/cmdline`, 'latin1').endsWith('/child.ts\0');
  return [...children.filter(runsIsolates), ...children.flatMap(childrenOf)];
}

it.runIf(hasAll)('starts children in namespaces of their own, without rights', async () => {
  await using service = await startProgram('execution', [...flags, '--confinement', 'required']);
  expect(await layersInForce(service)).toEqual(confinementLayers);
  expect(service.log()).toContain('children are confined');
  await runsPrograms(service);
  const [child = 0, ...others] = childrenOf(service.child.pid ?? 0);
  expect(others).toEqual([]);
  for (const namespace of ['net', 'pid', 'mnt', 'ipc', 'uts']) {
    const [inside, outside] = [child, service.child.pid].map((pid) =>
      readlinkSync(`/proc/${pid ?? 0}/ns/${namespace}`),
    );
    expect(inside).not.toBe(outside);
  }
  const status = readFileSync(`/proc/${child}/status`, 'utf8');
  for (const line of [/^CapEff:\t0+$/mu, /^CapPrm:\t0+$/mu, /^CapBnd:\t0+$/mu, /^NoNewPrivs:\t1$/mu])
    expect(status).toMatch(line);
  expect(readdirSync(`/proc/${child}/root`)).not.toContain('etc');
});

it.runIf(hasAll)('does with what there is where the host offers less, and says so', async () => {
  await using service = await startProgram('execution', flags, withoutCapabilities);
  const layers = await layersInForce(service);
  expect(layers).toContain('permissions');
  expect(layers).not.toContain('namespaces');
  expect(service.log()).toContain('children are confined less than they could be');
  await runsPrograms(service);
});

it('does not start where all is required and the host offers less', async () => {
  const starter = hasAll ? withoutCapabilities : [];
  const { status, log } = await runProgram('execution', [...flags, '--confinement', 'required'], starter);
  expect(status).toBe(69);
  expect(log).toContain('SANDBOX_CONFINEMENT_MISSING');
});

it('confines nothing where the flags say so', async () => {
  await using service = await startProgram('execution', [...flags, '--confinement', 'off']);
  expect(await layersInForce(service)).toEqual([]);
  await runsPrograms(service);
});
