#!/usr/bin/env node
// A trainer that does what its script says, one entry an attempt: {"steps": 3, "then": "finish"}. The script lies beside the orders of
// all jobs; attempts of a job are counted in its own folder. It keeps checkpoints as TRL's trainer does: one a step, told again when
// it goes on. What it leaves is the model that it was given.
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

const tell = (event) =>
  appendFileSync(order.progressFile, `${typeof event === 'string' ? event : JSON.stringify(event)}\n`);
const checkpoint = join(order.checkpointFolder, 'done');
const done = existsSync(checkpoint) ? Number(readFileSync(checkpoint, 'utf8')) : 0;
mkdirSync(order.checkpointFolder, { recursive: true });
tell({ event: 'started', totalSteps: 4 });
const last = Math.max(done, steps);
for (let step = 1; step <= last; step++) {
  tell({ event: 'step', step, epoch: step / 4, values: { loss: 1 / step } });
  writeFileSync(checkpoint, String(step));
  if (step > done) await sleep(20);
}
if (then === 'litter') {
  // A folder that looks like the model, but for what it weighs.
  cpSync(order.start.folder, order.outputFolder, { recursive: true });
  truncateSync(join(order.outputFolder, 'model.safetensors'), 1000);
  tell({ event: 'finished' });
  process.exit(0);
}
if (then === 'finish') {
  cpSync(order.start.folder, order.outputFolder, { recursive: true });
  tell({ event: 'finished' });
  process.exit(0);
}
if (then === 'diverge')
  tell({ event: 'failed', reason: 'TRAINING_DIVERGED', message: 'loss of step 3 is no number' });
if (then === 'babble') tell('Epoch 1: loss 0.3');
if (then === 'crash') process.kill(process.pid, 'SIGKILL');
if (then === 'exit') process.exit(3);
if (then === 'hang') {
  // A process of its own in the group, which hears no polite word.
  const deaf = spawn(process.execPath, [
    '-e',
    'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)',
  ]);
  writeFileSync(join(folder, '../../../deaf'), String(deaf.pid));
}
await sleep(60_000);
