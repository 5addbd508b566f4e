import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

const run = promisify(execFile);
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const INSTALL_MS = 300_000;
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/**
 * A Chromium of this machine: CHROMIUM's, or one on PATH. Where there is none, apt-get installs it, which needs root;
 * the distribution's package needs too many others to be unpacked without it.
 */
async function findChromium(): Promise<string | undefined> {
  const { CHROMIUM, PATH = '' } = process.env;
  if (CHROMIUM !== undefined) return CHROMIUM;
  const onPath = (): string | undefined =>
    PATH.split(delimiter)
      .flatMap((folder) => NAMES.map((name) => join(folder, name)))
      .find(isProgram);
  const found = onPath();
  if (found !== undefined || process.getuid?.() !== 0) return found;
  try {
    const options = { timeout: INSTALL_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    await run('apt-get', ['update', '-qq'], options);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
    return onPath();
  } catch {
    return undefined;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Its program. */
export const chromiumPath = await findChromium();

/** Whether this machine has a Chromium; tests that need one are skipped otherwise. */
export const hasChromium = chromiumPath !== undefined;

if (!hasChromium) {
  process.stderr.write(
    'skipping tests in a browser: there is no Chromium (install it, or name it by CHROMIUM)\n',
  );
}

/** A separate browser with one page. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors of the page and its scripts. */
  readonly complaints: readonly string[];
}

/** Opens a browser with a fresh profile. */
export async function openPage(options: BrowserContextOptions): Promise<OpenPage> {
  const profile = await mkdtemp(join(tmpdir(), 'sipf-chromium-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    ...{ executablePath: chromiumPath ?? '', headless: true, args: FLAGS },
    ...options,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return {
    page,
    complaints,
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
