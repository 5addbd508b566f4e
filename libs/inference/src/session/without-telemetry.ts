/**
 * onnxruntime calls a host of Microsoft's, and keeps a database and a file of every process for that, unless this variable
 * stands in the process's environment before its first session. A worker thread's `process.env` is a copy that the native code
 * does not see, so every process that starts workers loads this module first; nothing may switch it back on.
 */
const TELEMETRY_OFF = { ORT_DISABLE_TELEMETRY: '1' } as const;

Object.assign(process.env, TELEMETRY_OFF);

export {};
