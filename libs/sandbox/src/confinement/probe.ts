import ivm from 'isolated-vm';

/** What `findConfinement` starts under each plan: the native module loads, and an isolate computes. */
const isolate = new ivm.Isolate({ memoryLimit: 8 });
const result: unknown = isolate.createContextSync().evalSync('6 * 7');
isolate.dispose();
if (result !== 42) throw new Error(`6 * 7 = ${String(result)}`);
