/* eslint-disable @typescript-eslint/unbound-method -- methods are applied to emitters of any class */
import type { Inspect } from '../create-inspect.ts';

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

/**
 * Builds the `events` of programs. Emitters hold their listeners where Node's do, since programs print and compare emitters and
 * list their keys. Runs inside the isolate from its source text.
 */
export function createEvents(inspect: Inspect): EmitterType {
  type Listener = ((...values: unknown[]) => unknown) & { readonly listener?: Listener };
  type Held = Record<PropertyKey, Listener | Listener[] | undefined>;
  interface State extends Emitter {
    _events: Held | undefined;
    _eventsCount: number;
    _maxListeners: number | undefined;
  }
  const { isArray } = Array;
  const { ownKeys, apply, getPrototypeOf, deleteProperty } = Reflect;
  const [shapeMode, captures] = [Symbol('shapeMode'), Symbol('kCapture')];
  const [emitting, monitor] = [Symbol('events.emitting'), Symbol('events.errorMonitor')];
  const noEvents = (): Held => Object.create(null) as Held;

  const heldBy = (emitter: State): Held => {
    if (emitter._events === undefined) [emitter._events, emitter._eventsCount] = [noEvents(), 0];
    return emitter._events;
  };
  const of = (emitter: State, name: PropertyKey): Listener[] => {
    const found = emitter._events?.[name];
    if (found === undefined) return [];
    return isArray(found) ? found.slice() : [found];
  };
  const keep = (emitter: State, name: PropertyKey, left: Listener[]) => {
    const held = heldBy(emitter);
    const [first, second] = left;
    if (first === undefined) {
      emitter._eventsCount -= 1;
      if (emitter._eventsCount === 0) emitter._events = noEvents();
      else deleteProperty(held, name);
    } else {
      held[name] = second === undefined ? first : Object.assign(left, { [emitting]: 0 });
    }
  };
  const needListener = (listener: unknown) => {
    if (typeof listener === 'function') return;
    const error = new TypeError(
      `The "listener" argument must be of type function. Received ${received(listener)}`,
    );
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
  };
  const received = (value: unknown): string => {
    if (value === null || value === undefined) return String(value);
    if (typeof value !== 'object') return `type ${typeof value} (${inspect(value)})`;
    const maker = (value as { constructor?: { name?: unknown } }).constructor?.name;
    return typeof maker === 'string' && maker !== '' ? `an instance of ${maker}` : inspect(value);
  };
  const bare = (listener: Listener) => listener.listener ?? listener;
  const add = (emitter: State, name: PropertyKey, listener: Listener, isFirst = false) => {
    needListener(listener);
    if (heldBy(emitter)['newListener'] !== undefined) emitter.emit('newListener', name, bare(listener));
    const others = of(emitter, name);
    if (others.length === 0) emitter._eventsCount += 1;
    keep(emitter, name, isFirst ? [listener, ...others] : [...others, listener]);
    return emitter;
  };
  const onlyOnce = (emitter: State, name: PropertyKey, listener: Listener): Listener => {
    needListener(listener);
    let isOver = false;
    const wrapper = (...values: unknown[]) => {
      if (isOver) return undefined;
      isOver = true;
      remove(emitter, name, wrapper);
      return apply(listener, emitter, values);
    };
    return Object.assign(wrapper, { listener }) as Listener;
  };
  const remove = (emitter: State, name: PropertyKey, listener: Listener) => {
    needListener(listener);
    const all = of(emitter, name);
    const at = all.findLastIndex((one) => one === listener || one.listener === listener);
    if (at < 0) return emitter;
    keep(emitter, name, all.toSpliced(at, 1));
    if (emitter._events?.['removeListener'] !== undefined)
      emitter.emit('removeListener', name, bare(listener));
    return emitter;
  };
  const refuseError = (values: readonly unknown[]): never => {
    const [error] = values;
    if (error instanceof Error) throw error;
    const unhandled = new Error(`Unhandled error. (${inspect(error)})`);
    throw Object.assign(unhandled, { code: 'ERR_UNHANDLED_ERROR', context: error });
  };

  function EventEmitter(this: State) {
    // An emitter whose class keeps the events on its prototype gets its own.
    if (this._events === undefined || this._events === (getPrototypeOf(this) as State)._events) {
      this._events = noEvents();
      this._eventsCount = 0;
    }
    // eslint-disable-next-line no-self-assign -- one that is inherited becomes the emitter's own, as in Node
    this._maxListeners = this._maxListeners;
    Object.assign(this, { [shapeMode]: false, [captures]: false });
  }
  const methods = {
    setMaxListeners(this: State, most: number) {
      this._maxListeners = most;
      return this;
    },
    getMaxListeners(this: State) {
      return this._maxListeners ?? 10;
    },
    emit(this: State, name: PropertyKey, ...values: unknown[]) {
      if (name === 'error' && this._events?.[monitor] !== undefined)
        apply(methods.emit, this, [monitor, ...values]);
      const listeners = of(this, name);
      if (listeners.length === 0 && name === 'error') refuseError(values);
      for (const listener of listeners) apply(listener, this, values);
      return listeners.length > 0;
    },
    addListener(this: State, name: PropertyKey, listener: Listener) {
      return add(this, name, listener);
    },
    on(this: State, name: PropertyKey, listener: Listener) {
      return add(this, name, listener);
    },
    prependListener(this: State, name: PropertyKey, listener: Listener) {
      return add(this, name, listener, true);
    },
    once(this: State, name: PropertyKey, listener: Listener) {
      return this.on(name as string, onlyOnce(this, name, listener));
    },
    prependOnceListener(this: State, name: PropertyKey, listener: Listener) {
      return add(this, name, onlyOnce(this, name, listener), true);
    },
    removeListener(this: State, name: PropertyKey, listener: Listener) {
      return remove(this, name, listener);
    },
    off(this: State, name: PropertyKey, listener: Listener) {
      return remove(this, name, listener);
    },
    removeAllListeners(this: State, ...given: readonly PropertyKey[]) {
      const isHeard = this._events?.['removeListener'] !== undefined;
      // Whoever listens to removals hears of them, and goes last.
      const all = () => [
        ...ownKeys(heldBy(this)).filter((name) => name !== 'removeListener'),
        'removeListener',
      ];
      for (const name of given.length > 0 ? given : all()) {
        const listeners = of(this, name).reverse();
        if (isHeard) for (const listener of listeners) remove(this, name, listener);
        else if (listeners.length > 0) keep(this, name, []);
      }
      return this;
    },
    listeners(this: State, name: PropertyKey) {
      return of(this, name).map(bare);
    },
    rawListeners(this: State, name: PropertyKey) {
      return of(this, name);
    },
    listenerCount(this: State, name: PropertyKey, listener?: Listener) {
      const all = of(this, name);
      return listener === undefined ? all.length : all.filter((one) => bare(one) === listener).length;
    },
    eventNames(this: State) {
      return this._events === undefined ? [] : ownKeys(this._events);
    },
  };
  const prototype = EventEmitter.prototype as object;
  Object.assign(prototype, { _events: undefined, _eventsCount: 0, _maxListeners: undefined }, methods);
  Object.defineProperty(prototype, captures, { value: false, writable: true });
  const once = (emitter: Emitter, name: string) =>
    new Promise((resolve, reject) => {
      if (name !== 'error') emitter.once('error', reject);
      emitter.once(name, (...values) => {
        emitter.off('error', reject);
        resolve(values);
      });
    });
  const countOf = (emitter: Emitter, name: string) => emitter.listenerCount(name);
  const listenersOf = (emitter: State, name: PropertyKey) => of(emitter, name).map(bare);
  return Object.assign(EventEmitter, {
    EventEmitter,
    once,
    listenerCount: countOf,
    getEventListeners: listenersOf,
    errorMonitor: monitor,
    defaultMaxListeners: 10,
  }) as unknown as EmitterType;
}
