import type { Handles, PythonReport, PythonSources } from './create-interpreter.ts';
import { createInterpreter } from './create-interpreter.ts';
import type { PythonInput, PythonRealm } from './create-python-realm.ts';

/** Runs the one program of a realm and returns its outcome, also when it crashes the interpreter. */
export function createPythonRun(realm: PythonRealm, handles: Handles) {
  const { native, heap, admit, addScript, exitStatus } = realm;
  const run = createInterpreter(native, heap, handles);
  const failed = (message: string): PythonReport => ({
    status: 'failed',
    kind: 'exception',
    where: 'code',
    message,
    stack: '',
  });
  return (input: PythonInput, sources: PythonSources): PythonReport => {
    admit(input, handles);
    if (sources.tests === undefined) addScript(sources.code);
    try {
      return run(sources);
    } catch (error) {
      const status = exitStatus();
      if (status === 0 && sources.tests === undefined) return { status: 'finished', proof: sources.nonce };
      if (status !== undefined) return failed(`the program left with status ${status} before its end`);
      // V8 ends the recursion of native functions where the interpreter has no limit of its own.
      if (error instanceof RangeError) return failed(`RecursionError: ${error.message}`);
      if (error instanceof WebAssembly.RuntimeError)
        return failed(`the interpreter crashed: ${error.message}`);
      throw error;
    }
  };
}
