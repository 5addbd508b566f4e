import { orchestration } from '@sipf/contracts';
import { SMALL_POLICY } from '@sipf/contracts/testing';
import { createClient } from '@sipf/service';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mountSmallDisk, type SmallDisk } from '../chaos/system/small-disk.ts';
import { accessibilityViolations, overflowOf } from '../support/accessibility.ts';
import { buildPage } from '../support/built-page.ts';
import { hasChromium, openPage, type OpenPage } from '../support/chromium.ts';
import { writeFinishedRun } from '../support/finished-run.ts';
import { temporaryFolder } from '../support/models.ts';
import { startProgram, type RunningProgram } from '../support/start-program.ts';

const SIZES = [
  { name: 'on a desk', viewport: { width: 1280, height: 860 } },
  { name: 'on a phone', viewport: { width: 360, height: 740 } },
];
const DAMAGE = /rotten\/log\.jsonl:4 is damaged \(not JSON\): restore the file from a copy, or cut it off/;
const FULL = /no room is left on a disk of the orchestration service/;
const SERVICES = ['generation', 'simulation', 'verification', 'training'];
const TINY_CONFIG = {
  method: 'sft',
  task: { name: 'arithmetic', trainProblems: 10, loopQuestions: 5, testQuestions: 5, simulatorProblems: 5 },
  policy: SMALL_POLICY,
  sft: { learningRate: 1e-3, warmupRatio: 0 },
  sampling: { maxNewTokens: 8 },
  evaluation: { maxNewTokens: 8 },
};
/** A folder for pictures of the pages, for people who want to look at them. */
const { SIPF_SCREENSHOTS } = process.env;

describe.skipIf(!hasChromium)('the dashboard in trouble', () => {
  const folder = temporaryFolder();
  const runs = join(folder.path, 'runs');
  const disk = mountSmallDisk(join(folder.path, 'disk'), 8);
  const withoutDisk = disk === undefined ? ' (skipped: this user may mount no disk)' : '';
  let orchestrator: RunningProgram;
  let dashboard: RunningProgram;
  let browser: OpenPage;
  let page: Page;

  beforeAll(async () => {
    buildPage();
    const size = { questions: 4, pathsPerQuestion: 2, trainingSteps: 3 };
    for (const id of ['whole', 'rotten']) await writeFinishedRun(runs, id, size);
    damageLine(join(runs, 'rotten', 'log.jsonl'), 4);
    const nobody = SERVICES.flatMap((name) => [`--${name}`, '127.0.0.1:1']);
    const store = join(disk?.path ?? folder.path, 'store');
    orchestrator = await startProgram('orchestration', ['--runs', runs, '--artifacts', store, ...nobody]);
    [dashboard, browser] = await Promise.all([
      startProgram('dashboard', ['--orchestration', orchestrator.address]),
      openPage({ reducedMotion: 'reduce' }),
    ]);
    ({ page } = browser);
    page.setDefaultTimeout(45_000);
    if (disk !== undefined) await startOnFullDisk(disk);
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    for (const program of [dashboard, orchestrator]) await program[Symbol.asyncDispose]();
    disk?.[Symbol.dispose]();
    folder.remove();
  });

  const startOnFullDisk = async (full: SmallDisk): Promise<void> => {
    full.fill();
    const client = createClient(orchestration.OrchestrationServiceDefinition, orchestrator.address);
    const configJson = JSON.stringify(TINY_CONFIG);
    await client.startRun({ runId: 'stuck', configJson }).finally(() => {
      client.close();
    });
  };

  const go = async (path: string): Promise<void> => {
    await page.goto('about:blank');
    await page.goto(`http://${dashboard.address}/${path}`);
    await page.locator('main h1').first().waitFor();
  };

  /** The page fits and is readable for everybody, and is left as a picture where that is wanted. */
  const checkLooks = async (name: string): Promise<void> => {
    if (SIPF_SCREENSHOTS !== undefined)
      await page.screenshot({ path: join(SIPF_SCREENSHOTS, `${name.replaceAll(' ', '-')}.png`) });
    expect(await accessibilityViolations(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
  };

  it.each(SIZES)(
    'shows a damaged run among the others with its reason, $name',
    async ({ name, viewport }) => {
      await page.setViewportSize(viewport);
      await go('#/');
      const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'rotten' }) });
      await row.waitFor();
      expect(await row.innerText()).toContain('damaged');
      const reason = row.locator('.problem');
      expect(await reason.innerText()).toMatch(DAMAGE);
      const box = await reason.boundingBox();
      expect((box?.x ?? -1) >= 0 && (box?.x ?? 0) + (box?.width ?? Infinity) <= viewport.width).toBe(true);
      expect(await page.getByRole('row').filter({ hasText: 'whole' }).innerText()).toContain('cancelled');
      await checkLooks(`runs ${name}`);
    },
  );

  it.each(SIZES)('says on a damaged run’s own page what to do, $name', async ({ name, viewport }) => {
    await page.setViewportSize(viewport);
    await go('#/runs/rotten');
    const alert = page.getByRole('alert').first();
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(DAMAGE);
    expect(await page.locator('main .state').first().innerText()).toContain('damaged');
    expect(await page.getByRole('button', { name: 'Resume run' }).count()).toBe(0);
    // Nothing of it is known, which is not that there was nothing.
    expect(await page.locator('main').innerText()).not.toMatch(
      /0 of 0|Nothing has been evaluated|No iteration/,
    );
    await checkLooks(`damaged ${name}`);
  });

  it.skipIf(disk === undefined).each(SIZES)(
    `says what a run waits for, on its page and among the others, $name${withoutDisk}`,
    async ({ name, viewport }) => {
      await page.setViewportSize(viewport);
      await go('#/runs/stuck');
      const alert = page.getByRole('alert').filter({ hasText: FULL });
      await alert.waitFor();
      expect(await page.locator('main .state').first().innerText()).toContain('running');
      await page.getByRole('status').filter({ hasText: 'waits, and continues by itself' }).waitFor();
      await checkLooks(`waiting ${name}`);
      await go('#/');
      const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'stuck' }) });
      await row.locator('.problem').filter({ hasText: FULL }).waitFor();
    },
  );

  it.skipIf(disk === undefined)(`says it no longer once there is room${withoutDisk}`, async () => {
    await go('#/runs/stuck');
    await page.getByRole('alert').filter({ hasText: FULL }).waitFor();
    disk?.makeRoom();
    await page.getByRole('alert').filter({ hasText: FULL }).waitFor({ state: 'detached' });
  });
});

/** Puts a byte that JSON does not know at the beginning of a line, counted from 1. */
function damageLine(path: string, number: number): void {
  const lines = readFileSync(path, 'utf8').split('\n');
  lines[number - 1] = `\u0001${lines[number - 1]?.slice(1) ?? ''}`;
  writeFileSync(path, lines.join('\n'));
}
