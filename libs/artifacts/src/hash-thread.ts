import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

// A thread that hashes the file that its data names, and answers with the hex digits.
const buffer = Buffer.alloc(4 * 1024 * 1024);
const sum = createHash('sha256');
const file = openSync(workerData as string, 'r');
try {
  for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer))
    sum.update(buffer.subarray(0, read));
} finally {
  closeSync(file);
}
parentPort?.postMessage(sum.digest('hex'));
