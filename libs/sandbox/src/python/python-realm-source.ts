import { createFileCalls } from './realm/create-file-calls.ts';
import { createFiles } from './realm/create-files.ts';
import { createHeap } from './realm/create-heap.ts';
import { createInterpreter } from './realm/create-interpreter.ts';
import { createPythonRealm } from './realm/create-python-realm.ts';
import { createPythonRun } from './realm/create-python-run.ts';
import { createSystemCalls } from './realm/create-system-calls.ts';
import { instantiate } from './realm/instantiate.ts';

const parts = [
  createHeap,
  createFiles,
  createFileCalls,
  createSystemCalls,
  instantiate,
  createInterpreter,
  createPythonRealm,
  createPythonRun,
];

/**
 * The script that makes an interpreter out of a bare context, as the body of a closure. Arguments: `$0` what is the same for all
 * programs (the realm's parts with the image's handles), `$1` an object with the memory, `$2` the archive's bytes, `$3` takes
 * output. Returns the function that runs the one program.
 */
export const pythonRealmSource = `
'use strict';
${parts.map((part) => part.toString()).join('\n')}
const { handles, ...parts } = $0;
return createPythonRun(createPythonRealm({ ...parts, ...$1, library: $2 }, $3), handles);
`;
