import ivm from 'isolated-vm';

/** Computes in an isolate; `sipf doctor` runs this in a process of its own, with `--no-node-snapshot`. */
const isolate = new ivm.Isolate({ memoryLimit: 16 });
const context = await isolate.createContext();
const result: unknown = await context.eval('6 * 7', { timeout: 5000 });
isolate.dispose();
if (result !== 42) throw new Error(`6 * 7 = ${String(result)}`);
process.stdout.write('isolated-vm runs a program\n');
