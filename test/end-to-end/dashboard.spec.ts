import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../run/step.ts';
import { accessibilityViolations, overflowOf } from '../support/accessibility.ts';
import { hasChromium, openPage, type OpenPage } from '../support/chromium.ts';
import { writeFinishedRun } from '../support/finished-run.ts';
import { temporaryFolder } from '../support/models.ts';
import { startRunServices, type RunServices } from '../support/run-services.ts';

const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 860 };
const PAGES = [
  ...['#/', '#/runs/many', '#/runs/many/curves', '#/runs/many/paths?stage=sample-1'],
  ...['#/runs/many/pairs', '#/runs/many/annotate?stage=sample-1', '#/compare?runs=many'],
];
/** The whole method in seconds; the supervised start is long enough to be cancelled. */
const config = {
  ...(parse(readFileSync(join(root, 'test/fixtures/tiny-run.yaml'), 'utf8')) as object),
  iterations: 1,
  task: {
    name: 'arithmetic',
    trainProblems: 48,
    loopQuestions: 16,
    testQuestions: 12,
    simulatorProblems: 64,
  },
  sft: { learningRate: 0.006, epochs: 200 },
  simulation: { questions: 8, pathsPerQuestion: 2, rollouts: 2, tau: 0, maxNewTokens: 48 },
};

describe.skipIf(!hasChromium)('the dashboard in a browser', () => {
  const folder = temporaryFolder();
  let services: RunServices;
  let browser: OpenPage;
  let page: Page;
  let base: string;

  beforeAll(async () => {
    const size = { questions: 2500, pathsPerQuestion: 4, trainingSteps: 1200 };
    await writeFinishedRun(join(folder.path, 'runs'), 'many', size);
    [services, browser] = await Promise.all([
      startRunServices(folder.path),
      openPage({ viewport: DESKTOP, reducedMotion: 'reduce' }),
    ]);
    ({ page } = browser);
    page.setDefaultTimeout(45_000);
    base = `http://${services.dashboard.address}/`;
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await services[Symbol.asyncDispose]();
    folder.remove();
  });

  const go = async (address: string): Promise<void> => {
    await page.goto(`${base}${address}`);
    await page.locator('main h1').first().waitFor();
  };

  it.each([DESKTOP, PHONE])('shows what computed a stage, and its model, at $width pixels', async (size) => {
    await page.setViewportSize(size);
    await go('#/runs/many');
    const row = page.locator('tr', { hasText: 'sample 1' });
    await row.locator('.engine').scrollIntoViewIfNeeded();
    expect(await row.locator('.engine').innerText()).toMatch(
      /vllm 0\.32\.0, bfloat16, cuda, vLLM at policy:8000\s+model 0{12}/,
    );
    expect(await row.locator('.engine code').getAttribute('title')).toBe(`sha256:${'0'.repeat(64)}`);
    expect(await page.locator('tr', { hasText: 'sft 0' }).locator('.engine').innerText()).toContain(
      'trl 1.16.0, float32, cpu, fsdp2 on 2 processes',
    );
    expect(await page.locator('tr', { hasText: 'pair 1' }).locator('.engine').innerText()).toBe('');
    await page.setViewportSize(DESKTOP);
  });

  it('follows a run from its start over a cancel to its end', async () => {
    await go('#/');
    await page.getByRole('button', { name: 'Start a run' }).click();
    await page.getByLabel('Run id (a-z, 0-9 and -)').fill('live');
    await page.getByLabel('Configuration').fill(JSON.stringify(config));
    await page.getByRole('button', { name: 'Start', exact: true }).click();

    const state = page.locator('main .state').first();
    await page.getByRole('progressbar', { name: 'progress of sft 0' }).waitFor();
    expect(await page.locator('tr', { hasText: 'sft 0' }).innerText()).toContain('running');
    await page.getByRole('link', { name: 'curves' }).click();
    // The simulator trains at the same time, and may have ended.
    const supervised = page.locator('section', { has: page.getByRole('heading', { name: 'sft 0' }) });
    const summary = supervised.locator('figure', { hasText: 'loss' }).locator('p').first();
    await summary.waitFor();
    expect(await summary.innerText()).toMatch(/loss [\d.]+ at step \d+/);
    await grows(async () => Number(/\d+$/.exec(await summary.innerText())?.[0]));

    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('button', { name: 'Resume run' }).waitFor();
    expect(await state.innerText()).toContain('cancelled');
    await page.getByRole('button', { name: 'Resume run' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume run' }).click();
    await page.locator('main .state', { hasText: 'running' }).first().waitFor();
    // As long as it takes; a run that fails says so at once.
    await page.locator('main .state').first().filter({ hasNotText: 'running' }).waitFor({ timeout: 150_000 });
    expect(await state.innerText(), await page.locator('main').innerText()).toContain('succeeded');

    await page.getByRole('link', { name: 'overview' }).click();
    expect(await page.getByRole('region', { name: 'results' }).innerText()).toContain('SIPF 1');
    expect(await page.locator('ol.marks').last().innerText()).toContain('verifier trained');
    const delivered = page.locator('ol.marks li[title^="delivered by the event bus"]');
    // The last event is delivered after the run's end is shown.
    await delivered.nth(12).waitFor();
    expect(await delivered.count()).toBe(13);
    expect(await page.locator('ol.marks li').count()).toBe(13);
    await page.getByRole('link', { name: 'sample 1' }).click();
    await shownPaths().nth(1).click();
    await page.getByRole('heading', { name: 'Path 2' }).waitFor();
    expect(await page.locator('ol.steps').first().innerText()).toMatch(/score [01]\.\d{3}/);
    await page.getByRole('link', { name: 'pairs' }).click();
    await page.getByRole('heading', { name: 'Rejected' }).waitFor();
    expect(await page.getByRole('article', { name: 'Chosen' }).innerText()).toMatch(/score [01]\.\d{3}/);
    expect(browser.complaints).toEqual([]);
  });

  it('keeps what people say of steps', async () => {
    for (const [name, labels] of [
      ['ada', 'rr'],
      ['bo', 'rc'],
    ] as const) {
      await go('#/runs/many/annotate?stage=sample-1');
      await page.getByLabel('Your name').fill(name);
      await page.keyboard.press('Enter');
      await page.getByRole('form', { name: 'labels of the path' }).waitFor();
      for (const key of `${labels}s`) await page.keyboard.press(key);
      await page.getByText('path 2 of').waitFor();
      await page.getByRole('button', { name: 'Change name' }).click();
    }
    await go('#/runs/many/annotate?stage=sample-1');
    await page.getByLabel('Your name').fill('ada');
    await page.keyboard.press('Enter');
    const agreement = page.getByRole('region', { name: 'agreement' });
    await agreement.waitFor();
    expect(await agreement.innerText()).toMatch(/ada, bo\s+2\s+50\.0 %\s+0\.000/);
    const pressed = page.getByRole('button', { name: 'right', exact: true, pressed: true });
    await pressed.first().waitFor();
    expect(await pressed.count()).toBe(2);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download labels (JSON Lines)' }).click(),
    ]);
    const rows = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\n');
    expect(rows.map((row) => JSON.parse(row) as object)).toMatchObject([{ labels: [true, null] }]);
  });

  it('is used with the keyboard alone', async () => {
    await page.goto('about:blank');
    await go('#/');
    await page.getByRole('link', { name: 'many' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    for (let presses = 0; presses < 20 && (await focused()) !== 'many'; presses++) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'many' }).waitFor();
    await page.keyboard.press('3');
    await page.getByLabel('Iteration and stage').waitFor();
    await page.goto(`${base}#/runs/many/paths?stage=sample-1`);
    await page.getByText('10,000 paths').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('pears, question 7?');
    await page.getByText('4 paths', { exact: true }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.getAttribute("role")')).toBe('listbox');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    await page.getByRole('heading', { name: 'Path 4' }).waitFor();
  });

  it('shows the end of a long list at once', async () => {
    await go('#/runs/many/paths?stage=sample-1');
    await shownPaths().first().click();
    await page.keyboard.press('End');
    await page.getByRole('heading', { name: 'Path 10000' }).waitFor();
    expect(await shownPaths().count()).toBeLessThan(60);
  });

  const shownPaths = () => page.getByRole('listbox', { name: 'paths' }).getByRole('option');
  const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()');

  it.each([
    { name: 'on a phone', viewport: PHONE, colorScheme: 'light' as const },
    { name: 'in the dark', viewport: DESKTOP, colorScheme: 'dark' as const },
  ])('is readable for everybody $name', async ({ viewport, colorScheme }) => {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    for (const address of PAGES) {
      await go(address);
      await page.waitForLoadState('networkidle');
      expect(await accessibilityViolations(page), address).toEqual([]);
      expect(await overflowOf(page), address).toBeLessThanOrEqual(0);
    }
    expect(browser.complaints).toEqual([]);
  });
});

/** Waits until a number has become larger. */
async function grows(read: () => Promise<number>): Promise<void> {
  const before = await read();
  await expect.poll(read, { timeout: 30_000 }).toBeGreaterThan(before);
}
