/* eslint-disable @typescript-eslint/unbound-method -- methods are applied to values of any kind, whatever the values call theirs */
/** An object that calls its listeners on events. */
export interface Emitter {
  on(name: string, listener: (...values: never[]) => unknown): this;
  once(name: string, listener: (...values: never[]) => unknown): this;
  off(name: string, listener: (...values: never[]) => unknown): this;
  emit(name: string, ...values: unknown[]): boolean;
  listenerCount(name: string): number;
}

/** The constructor, which is also the module; it may be called without `new`, as old classes do. */
export type EmitterType = new () => Emitter;

/** Builds the `events` of programs. Runs inside the isolate from its source text. */
export function createEvents(): EmitterType {
  interface Entry {
    readonly listener: (...values: unknown[]) => unknown;
    readonly isOnce: boolean;
  }
  const entriesOf = new WeakMap<object, Map<PropertyKey, Entry[]>>();
  const all = (emitter: object) => {
    const found = entriesOf.get(emitter) ?? new Map<PropertyKey, Entry[]>();
    entriesOf.set(emitter, found);
    return found;
  };
  const of = (emitter: object, name: PropertyKey) => all(emitter).get(name) ?? [];
  const add = (emitter: Emitter, name: PropertyKey, entry: Entry, isFirst = false) => {
    if (typeof entry.listener !== 'function') {
      const error = new TypeError('The "listener" argument must be of type function');
      throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
    }
    if (of(emitter, 'newListener').length > 0) emitter.emit('newListener', name, entry.listener);
    const others = of(emitter, name);
    all(emitter).set(name, isFirst ? [entry, ...others] : [...others, entry]);
    return emitter;
  };
  const keep = (emitter: object, name: PropertyKey, left: Entry[]) => {
    if (left.length === 0) all(emitter).delete(name);
    else all(emitter).set(name, left);
  };
  function EventEmitter(this: Emitter) {
    // Listeners are kept beside the emitters, so there is nothing to set up.
  }
  type Listener = Entry['listener'];
  const methods = {
    on(this: Emitter, name: PropertyKey, listener: Listener) {
      return add(this, name, { listener, isOnce: false });
    },
    once(this: Emitter, name: PropertyKey, listener: Listener) {
      return add(this, name, { listener, isOnce: true });
    },
    prependListener(this: Emitter, name: PropertyKey, listener: Listener) {
      return add(this, name, { listener, isOnce: false }, true);
    },
    prependOnceListener(this: Emitter, name: PropertyKey, listener: Listener) {
      return add(this, name, { listener, isOnce: true }, true);
    },
    off(this: Emitter, name: PropertyKey, listener: Listener) {
      const entries = of(this, name);
      const at = entries.findLastIndex((entry) => entry.listener === listener);
      if (at >= 0) keep(this, name, entries.toSpliced(at, 1));
      return this;
    },
    removeAllListeners(this: Emitter, name?: PropertyKey) {
      if (name === undefined) all(this).clear();
      else all(this).delete(name);
      return this;
    },
    emit(this: Emitter, name: PropertyKey, ...values: unknown[]) {
      const entries = of(this, name);
      if (entries.length === 0 && name === 'error')
        throw values[0] instanceof Error ? values[0] : new Error('Unhandled error.');
      for (const entry of entries) {
        if (entry.isOnce) {
          const now = of(this, name);
          keep(this, name, now.toSpliced(now.indexOf(entry), 1));
        }
        Reflect.apply(entry.listener, this, values);
      }
      return entries.length > 0;
    },
    listenerCount(this: Emitter, name: PropertyKey) {
      return of(this, name).length;
    },
    listeners(this: Emitter, name: PropertyKey) {
      return of(this, name).map(({ listener }) => listener);
    },
    eventNames(this: Emitter) {
      return [...all(this).keys()];
    },
    setMaxListeners(this: Emitter) {
      return this;
    },
    getMaxListeners: () => 10,
  };
  const { on, off, listeners } = methods;
  Object.assign(EventEmitter.prototype as object, methods, {
    addListener: on,
    removeListener: off,
    rawListeners: listeners,
  });
  const once = (emitter: Emitter, name: string) =>
    new Promise((resolve, reject) => {
      if (name !== 'error') emitter.once('error', reject);
      emitter.once(name, (...values) => {
        emitter.off('error', reject);
        resolve(values);
      });
    });
  return Object.assign(EventEmitter, {
    EventEmitter,
    once,
    defaultMaxListeners: 10,
  }) as unknown as EmitterType;
}
