import { useCallback, useEffect, useState } from 'preact/hooks';

/** Something that comes from the server. */
export interface Loaded<T> {
  /** The latest that came; stays while it is loaded again. */
  readonly value: T | undefined;
  readonly error: Error | undefined;
  readonly reload: () => void;
}

/** Loads when the page shows it and whenever the key changes. */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: Error }>({ key });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => {
    setTurn((before) => before + 1);
  }, []);
  useEffect(() => {
    const stop = new AbortController();
    load(stop.signal).then(
      (value) => {
        setState({ key, value });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        setState((before) => ({ ...before, key, error: error as Error }));
      },
    );
    return () => {
      stop.abort();
    };
    // The key says what `load` loads.
  }, [key, turn]);
  const isCurrent = state.key === key;
  return {
    value: isCurrent ? state.value : undefined,
    error: isCurrent ? state.error : undefined,
    reload,
  };
}

/** Does something again and again while it is wanted. */
export function useRepeated(work: () => void, everyMs: number | undefined): void {
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(work, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [work, everyMs]);
}
