#!/usr/bin/env node
// A trainer that follows a script, one entry per attempt: {"steps": 3, "then": "finish"}. The script lies beside the orders of
// all jobs; attempts of a job are counted in its own folder. It keeps checkpoints as TRL's trainer does: one per step, whose
// steps it emits again when it resumes. Its result is the model that it started from.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const order = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const folder = dirname(process.argv[2]);
const script = JSON.parse(readFileSync(join(folder, '../../../script.json'), 'utf8'));
const countFile = join(folder, 'attempts');
const attempt = existsSync(countFile) ? Number(readFileSync(countFile, 'utf8')) : 0;
writeFileSync(countFile, String(attempt + 1));
const { steps, then } = script[Math.min(attempt, script.length - 1)];

process.stdin.on('end', () => process.exit(75)).resume();

const emit = (event) =>
  appendFileSync(order.progressFile, `${typeof event === 'string' ? event : JSON.stringify(event)}\n`);
const checkpoint = join(order.checkpointFolder, 'done');
const done = existsSync(checkpoint) ? Number(readFileSync(checkpoint, 'utf8')) : 0;
mkdirSync(order.checkpointFolder, { recursive: true });
emit({ event: 'started', totalSteps: 4 });
const last = Math.max(done, steps);
for (let step = 1; step <= last; step++) {
  emit({ event: 'step', step, epoch: step / 4, values: { loss: 1 / step } });
  writeFileSync(checkpoint, String(step));
  if (step > done) await sleep(20);
}
if (then === 'litter') {
  // A folder like the model's, but with truncated weights.
  cpSync(order.start.folder, order.outputFolder, { recursive: true });
  truncateSync(join(order.outputFolder, 'model.safetensors'), 1000);
  emit({ event: 'finished' });
  process.exit(0);
}
if (then === 'finish') {
  cpSync(order.start.folder, order.outputFolder, { recursive: true });
  emit({ event: 'finished' });
  process.exit(0);
}
if (then === 'diverge')
  emit({ event: 'failed', reason: 'TRAINING_DIVERGED', message: 'loss of step 3 is not a number' });
if (then === 'babble') emit('Epoch 1: loss 0.3');
if (then === 'crash') process.kill(process.pid, 'SIGKILL');
if (then === 'exit') process.exit(3);
if (then === 'hang') {
  // Another process in the group, which ignores SIGTERM.
  const deaf = spawn(process.execPath, [
    '-e',
    'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)',
  ]);
  writeFileSync(join(folder, '../../../deaf'), String(deaf.pid));
}
await sleep(60_000);
