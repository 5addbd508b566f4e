import ivm from 'isolated-vm';

/** The program that `findConfinement` starts under each plan: it loads the native module and computes in an isolate. */
const isolate = new ivm.Isolate({ memoryLimit: 8 });
const result: unknown = isolate.createContextSync().evalSync('6 * 7');
isolate.dispose();
if (result !== 42) throw new Error(`6 * 7 = ${String(result)}`);
