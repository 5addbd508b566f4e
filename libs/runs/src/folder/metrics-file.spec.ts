import { summedLine } from '@sipf/artifacts';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { metricsFault, openMetricsFile, readCurves } from './metrics-file.ts';
import { metricsLine } from './metrics-line.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-metrics-'));
  path = join(folder, 'metrics.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('has every step once, however often and over how many openings it is reported', async () => {
  const first = await openMetricsFile(path);
  first.record('sft-0', 1, { loss: 2 });
  first.record('align-1', 1, { loss: 3 });
  first.record('sft-0', 2, { loss: 1 });
  const second = await openMetricsFile(path);
  for (const step of [1, 2, 3]) second.record('sft-0', step, { loss: 4 - step });
  expect(readFileSync(path, 'utf8')).toBe(
    [
      '{"stage":"sft-0","step":1,"loss":2}',
      '{"stage":"align-1","step":1,"loss":3}',
      '{"stage":"sft-0","step":2,"loss":1}',
      '{"stage":"sft-0","step":3,"loss":1}',
    ]
      .map((json) => `${summedLine(json)}\n`)
      .join(''),
  );
});

it('cuts a torn line off and writes that step anew', async () => {
  (await openMetricsFile(path)).record('sft-0', 1, { loss: 2 });
  appendFileSync(path, '{"stage":"sft-0","step":2,"lo');
  (await openMetricsFile(path)).record('sft-0', 2, { loss: 1 });
  expect(readFileSync(path, 'utf8').split('\n')[1]).toBe(summedLine('{"stage":"sft-0","step":2,"loss":1}'));
});

it.skipIf(!existsSync('/dev/full'))('has a step that found no room once it is reported again', async () => {
  const file = await openMetricsFile(path);
  file.record('sft-0', 1, { loss: 2 });
  renameSync(path, `${path}.aside`);
  symlinkSync('/dev/full', path);
  expect(() => {
    file.record('sft-0', 2, { loss: 1 });
  }).toThrow();
  renameSync(`${path}.aside`, path);
  file.record('sft-0', 2, { loss: 1 });
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
});

it.each([
  ['zeros, as a file system leaves them where data never came', '\0\0\0\0\0\0'],
  ['garbage', 'x"}{\n\n\u0001'],
  ['a value of another kind', '[]\nnull\n{"stage":"sft-0","step":"2"}'],
])('is cut off before %s, and says what could still be read behind that', async (_, damage) => {
  const first = await openMetricsFile(path);
  first.record('sft-0', 1, { loss: 3 });
  await first.sync();
  const third = summedLine('{"stage":"sft-0","step":3,"loss":1}');
  appendFileSync(path, `${damage}\n${third}\n{"stage":"align-1","st`);
  const file = await openMetricsFile(path);
  expect(file.cutOff).toEqual([{ stage: 'sft-0', step: 3, values: { loss: 1 } }]);
  expect(file.lastStep('sft-0')).toBe(1);
  expect(readFileSync(path, 'utf8')).toBe(`${summedLine('{"stage":"sft-0","step":1,"loss":3}')}\n`);
});

it('finds any character that is another one, in whichever line', async () => {
  const file = await openMetricsFile(path);
  for (const step of [1, 2]) file.record('sft-0', step, { loss: 3.25 - step });
  const whole = readFileSync(path, 'latin1');
  const steps = new Map([['sft-0', 2]]);
  expect(metricsFault(path, steps)).toEqual({});
  for (let at = 0; at < whole.length; at++) {
    const turned = String.fromCharCode(whole.charCodeAt(at) ^ 1);
    writeFileSync(path, whole.slice(0, at) + turned + whole.slice(at + 1), 'latin1');
    expect(metricsFault(path, steps).fault, `character ${at}`).toBeDefined();
  }
});

it.each([
  ['pipe or a device', () => execFileSync('mkfifo', [path])],
  ['folder', () => mkdirSync(path, { recursive: true })],
])('says that a %s is not the file, and waits for nothing', async (what, make) => {
  make();
  const words = new RegExp(`metrics.jsonl is a ${what}, not a file: move it away; resuming the run takes`);
  const found = metricsFault(path, new Map());
  expect(found).toEqual({ fault: expect.stringMatching(words) as string });
  expect(() => readCurves(path)).toThrow(words);
  await expect(openMetricsFile(path)).rejects.toThrow(words);
});

it('reads and continues a file from before there were checksums', async () => {
  writeFileSync(path, '{"stage":"sft-0","step":1,"loss":2}\n');
  (await openMetricsFile(path)).record('sft-0', 2, { loss: 1 });
  expect(readCurves(path).get('sft-0')).toEqual([
    { step: 1, values: { loss: 2 } },
    { step: 2, values: { loss: 1 } },
  ]);
});

it('reads curves while a line is being written, without values that are not numbers, and names a damaged line', async () => {
  const file = await openMetricsFile(path);
  file.record('sft-0', 1, { loss: 2, 'logps/chosen': NaN });
  file.record('align-1', 1, { loss: 3 });
  appendFileSync(path, '{"stage":"sft-0","step":2,"lo');
  const curves = {
    'sft-0': [{ step: 1, values: { loss: 2 } }],
    'align-1': [{ step: 1, values: { loss: 3 } }],
  };
  expect(Object.fromEntries(readCurves(path))).toEqual(curves);
  appendFileSync(path, '\n');
  expect(() => readCurves(path)).toThrow('metrics.jsonl:3 is damaged: `sipf resume` of the run mends it');
  expect(readCurves(join(folder, 'none.jsonl')).size).toBe(0);
});

it('finds steps that the log counts and the file has not', async () => {
  (await openMetricsFile(path)).record('sft-0', 1, { loss: 2 });
  expect(metricsFault(path, new Map([['sft-0', 1]]))).toEqual({});
  expect(metricsFault(path, new Map([['sft-0', 2]]))).toMatchObject({
    ...{ fault: 'it has 1 of 2 steps of sft-0', remedy: expect.stringContaining('training jobs') as string },
  });
});

it('names the damaged line of a curve as the field that is wrong', async () => {
  (await openMetricsFile(path)).record('sft-0', 1, { loss: 2 });
  appendFileSync(path, 'x\n{"stage":"sft-0","step":2,"loss":1}\n');
  expect(() => readCurves(path)).toThrow(
    expect.objectContaining({
      kind: 'data-loss',
      reason: 'LOG_CORRUPT',
      violations: [{ field: 'metrics.jsonl:2', description: 'is damaged' }],
    }),
  );
});

it('may be synced before there is a file, and after', async () => {
  const file = await openMetricsFile(path);
  await file.sync();
  expect(existsSync(path)).toBe(false);
  file.record('sft-0', 1, { loss: 2 });
  await file.sync();
  expect(readFileSync(path, 'utf8')).toBe(`${summedLine('{"stage":"sft-0","step":1,"loss":2}')}\n`);
});

it.each(['', metricsLine({ stage: 'sft-0', step: 1, values: { loss: 1 } })])(
  'goes on where a sleeper that has it open, with %j in it, does not write',
  async (before) => {
    writeFileSync(path, before);
    const sleeper = openSync(path, 'a');
    const lease = { isContested: true, check: () => Promise.resolve(), checkNow: () => true };
    const file = await openMetricsFile(path, lease);
    appendFileSync(sleeper, 'late');
    closeSync(sleeper);
    file.record('sft-0', 2, { loss: 2 });
    expect(readFileSync(path, 'utf8')).toBe(
      before + metricsLine({ stage: 'sft-0', step: 2, values: { loss: 2 } }),
    );
  },
);

it('keeps steps until it is sure that nobody has taken the run over, and has each once', async () => {
  let isSure = false;
  const check = (): Promise<void> => Promise.resolve(void (isSure = true));
  const file = await openMetricsFile(path, { isContested: false, check, checkNow: () => isSure });
  for (const step of [1, 2, 2]) file.record('sft-0', step, { loss: step });
  expect(readFileSync(path, 'utf8')).toBe('');
  await file.sync();
  file.record('sft-0', 3, { loss: 3 });
  expect(
    readCurves(path)
      .get('sft-0')
      ?.map(({ step }) => step),
  ).toEqual([1, 2, 3]);
});
