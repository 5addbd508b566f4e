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
 * The script whose value is a function that builds an interpreter in a bare context. Its arguments: the part common to all
 * programs (the realm's parts with the image's handles), an object with the memory, the archive's bytes, and the receiver of
 * output. It returns the function that runs the one program.
 */
export const pythonRealmSource = `
'use strict';
(same, own, library, write) => {
${parts.map((part) => part.toString()).join('\n')}
const { handles, ...parts } = same;
return createPythonRun(createPythonRealm({ ...parts, ...own, library }, write), handles);
}
`;
