/**
 * Makes every built-in property of the realm unchangeable, so that a program cannot bend what its tests rely on
 * (`Array.prototype.forEach`, `JSON.stringify`, iteration, promises). New properties may still be added.
 *
 * Properties that programs commonly shadow on objects of their own (`toString`, `constructor`, `name`) become accessors whose
 * setter defines the property on the receiver, because a plain read-only property would forbid the assignment.
 *
 * Runs inside the isolate from its source text: it may use nothing but the realm's built-ins.
 */
export function lockIntrinsics(): void {
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
  type Holder = Record<PropertyKey, unknown>;
  const isHolder = (value: unknown): value is Holder =>
    (typeof value === 'object' && value !== null) || typeof value === 'function';

  const shadowedEverywhere = new Set<unknown>([Object.prototype, Function.prototype, Error.prototype]);
  const shadowedIterators = new Set<unknown>([Array.prototype, Map.prototype, Set.prototype]);
  const iteratorKeys = new Set<PropertyKey>(['keys', 'values', 'entries']);
  const callKeys = new Set<PropertyKey>(['call', 'apply', 'bind']);
  const isShadowed = (holder: Holder, key: PropertyKey) =>
    (shadowedEverywhere.has(holder) && !callKeys.has(key)) ||
    holder instanceof Error ||
    (shadowedIterators.has(holder) && iteratorKeys.has(key));

  const lockShadowed = (holder: Holder, key: PropertyKey, value: unknown, enumerable: boolean) => {
    defineProperty(holder, key, {
      __proto__: null,
      get: () => value,
      set(this: unknown, next: unknown) {
        if (this === holder || !isHolder(this)) return;
        defineProperty(this, key, {
          __proto__: null,
          value: next,
          writable: true,
          enumerable: true,
          configurable: true,
        } as PropertyDescriptor);
      },
      enumerable,
      configurable: false,
    } as PropertyDescriptor);
  };

  const lockProperty = (holder: Holder, key: PropertyKey, found: PropertyDescriptor) => {
    if (found.configurable !== true) return;
    if (!('value' in found)) {
      defineProperty(holder, key, { __proto__: null, configurable: false } as PropertyDescriptor);
    } else if (isShadowed(holder, key)) {
      lockShadowed(holder, key, found.value, found.enumerable === true);
    } else {
      defineProperty(holder, key, {
        __proto__: null,
        writable: false,
        configurable: false,
      } as PropertyDescriptor);
    }
  };

  const seen = new Set<unknown>([globalThis]);
  const queue = new Set<Holder>();
  const visit = (value: unknown) => {
    if (!isHolder(value) || seen.has(value)) return;
    // A plain built-in method holds nothing but its name and length; constructors and objects are walked.
    const isMethod =
      typeof value === 'function' && getOwnPropertyDescriptor(value, 'prototype') === undefined;
    if (isMethod && value !== Function.prototype) return;
    seen.add(value);
    queue.add(value);
  };

  // JSON.stringify looks this name up on whatever it meets: reserve it, or two different values could print alike.
  for (const holder of [
    Object.prototype,
    Array.prototype,
    String.prototype,
    Number.prototype,
    Boolean.prototype,
  ]) {
    lockShadowed(holder as unknown as Holder, 'toJSON', undefined, false);
  }
  defineProperty(Error, 'prepareStackTrace', { __proto__: null, value: undefined } as PropertyDescriptor);
  defineProperty(Error, 'stackTraceLimit', {
    __proto__: null,
    value: 10,
    writable: false,
  } as PropertyDescriptor);

  for (const key of ownKeys(globalThis)) visit(getOwnPropertyDescriptor(globalThis, key)?.value);
  const iterators = (
    globalThis as unknown as { Iterator: { from: (source: object) => { map: (f: unknown) => object } } }
  ).Iterator;
  const wrapped = iterators.from({ next: () => ({ done: true, value: undefined }) });
  const unnamed: unknown[] = [
    function* () {},
    async function () {},
    async function* () {},
    [][Symbol.iterator](),
    ''[Symbol.iterator](),
    new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](),
    ''.matchAll(/x/g),
    wrapped,
    wrapped.map(String),
  ];
  for (const value of unnamed) {
    for (let link = getPrototypeOf(value as object); link !== null; link = getPrototypeOf(link)) {
      visit(link);
      const maker: unknown = getOwnPropertyDescriptor(link, 'constructor')?.value;
      visit(maker);
    }
  }
  for (const holder of queue) {
    const parent = getPrototypeOf(holder);
    visit(parent);
    if (typeof holder === 'function' && holder !== Function.prototype) {
      // `instanceof` asks the constructor first: answer for it, so that nothing else can be put there.
      defineProperty(holder, Symbol.hasInstance, {
        __proto__: null,
        value: Function.prototype[Symbol.hasInstance],
      } as PropertyDescriptor);
    }
    for (const key of ownKeys(holder)) {
      if (typeof holder === 'function' && (key === 'name' || key === 'length')) continue;
      const found = getOwnPropertyDescriptor(holder, key);
      if (found === undefined) continue;
      visit(found.value);
      lockProperty(holder, key, found);
    }
  }
}
