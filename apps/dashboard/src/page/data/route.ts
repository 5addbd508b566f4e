import { useEffect, useState } from 'preact/hooks';

/** The page's address: the part after `#`, and its parameters. */
export interface Route {
  /** E.g. `['runs', 'demo', 'paths']`. */
  readonly parts: readonly string[];
  readonly params: URLSearchParams;
}

/** Reads `#/runs/demo/paths?stage=sample-1`. */
export function parseRoute(hash: string): Route {
  const [path = '', ...rest] = hash.replace(/^#\/?/, '').split('?');
  const search = rest.join('?');
  return {
    parts: path.split('/').filter(Boolean).map(decodeURIComponent),
    params: new URLSearchParams(search),
  };
}

/** The address of a view of the page. */
export function hrefOf(parts: readonly string[], params: Readonly<Record<string, string>> = {}): string {
  const given = Object.entries(params).filter(([, value]) => value !== '');
  const search = new URLSearchParams(given).toString();
  return `#/${parts.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
}

/** Changes parameters of the current address without adding to the history. */
export function replaceParams({ parts, params }: Route, changes: Readonly<Record<string, string>>): void {
  const next = { ...Object.fromEntries(params), ...changes };
  location.replace(hrefOf(parts, next));
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const change = (): void => {
      setRoute(parseRoute(location.hash));
    };
    addEventListener('hashchange', change);
    return () => {
      removeEventListener('hashchange', change);
    };
  }, []);
  return route;
}
