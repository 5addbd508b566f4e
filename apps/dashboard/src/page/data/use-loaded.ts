import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** A value from the server. */
export interface Loaded<T> {
  /** The latest value; stays while it is reloaded. */
  readonly value: T | undefined;
  readonly error: Error | undefined;
  readonly reload: () => void;
}

/** Loads a value when first shown and whenever the key changes. */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: Error }>({ key });
  const [turn, setTurn] = useState(0);
  // A server that takes its time is not asked anew before it has answered, or it never would.
  const underWay = useRef<{ isStale: boolean } | undefined>(undefined);
  const reload = useCallback(() => {
    if (underWay.current === undefined) setTurn((before) => before + 1);
    else underWay.current.isStale = true;
  }, []);
  useEffect(() => {
    const stop = new AbortController();
    const own = { isStale: false };
    underWay.current = own;
    const ended = (): void => {
      if (underWay.current !== own) return;
      underWay.current = undefined;
      if (own.isStale) reload();
    };
    const loaded = load(stop.signal);
    loaded.then(ended, ended);
    loaded.then(
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
    // The key identifies the value, so `load` itself is not a dependency.
  }, [key, turn]);
  const isCurrent = state.key === key;
  return {
    value: isCurrent ? state.value : undefined,
    error: isCurrent ? state.error : undefined,
    reload,
  };
}

/** Repeats an action while a period is set. */
export function useRepeated(work: () => void, everyMs: number | undefined): void {
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(work, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [work, everyMs]);
}
