import { fixedServers, resolvedServers, type Servers } from './servers.ts';

/** Where OpenAI's calls are on a server that is found by its name alone. */
const DEFAULT_PATH = '/v1';

/**
 * Servers as settings name them: URLs up to and without `/completions`, by commas; or `dns:///host:port`, every address of that
 * name, with `/v1` or the path that follows.
 * @returns undefined for what names none
 */
export function parseServers(text: string, now: () => number): Servers | undefined {
  const dns = /^dns:\/\/\/([^/,\s:]+:\d+)(\/[^,\s]*)?$/.exec(text);
  if (dns !== null) {
    const url = parseUrl(`http://${dns[1] ?? ''}${dns[2] ?? DEFAULT_PATH}`);
    return url === undefined ? undefined : resolvedServers(url, { now });
  }
  const urls = text.split(',').map((one) => parseUrl(one.trim()));
  if (urls.some((url) => url === undefined)) return undefined;
  const byHref = new Map((urls as URL[]).map((url) => [url.href, url]));
  return fixedServers([...byHref.values()]);
}

function parseUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined;
}
