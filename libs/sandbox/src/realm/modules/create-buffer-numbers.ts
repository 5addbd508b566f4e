/** Methods of a `Buffer` that read and write numbers, by name. */
export type BufferNumbers = Readonly<Record<string, (this: Uint8Array, ...given: never[]) => unknown>>;

/** Builds {@link BufferNumbers}, on a view of the same bytes. Runs inside the isolate from its source text. */
export function createBufferNumbers(): BufferNumbers {
  type Get = (this: DataView, at: number, isLittle?: boolean) => number | bigint;
  type Put = (this: DataView, at: number, value: number | bigint, isLittle?: boolean) => void;
  const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
    new DataView(buffer, byteOffset, byteLength);
  const failed = (type: ErrorConstructor, code: string, message: string): never => {
    throw Object.assign(new type(message), { code });
  };
  const range = (name: string, allowed: string, value: number | bigint) => {
    const [sign, digits = ''] = /^(-?)(.*)$/.exec(String(value))?.slice(1) ?? [];
    const isLong = Number.isInteger(Number(value)) && Math.abs(Number(value)) > 2 ** 32;
    const grouped = isLong ? digits.replaceAll(/\d(?=(?:\d{3})+$)/g, '$&_') : digits;
    const shown = `${sign ?? ''}${grouped}${typeof value === 'bigint' ? 'n' : ''}`;
    const text = `The value of "${name}" is out of range. It must be ${allowed}. Received ${shown}`;
    return failed(RangeError, 'ERR_OUT_OF_RANGE', text);
  };
  const checkAt = (bytes: Uint8Array, at: unknown, size: number): number => {
    if (typeof at !== 'number')
      return failed(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "offset" argument must be of type number.');
    const last = bytes.length - size;
    if (!Number.isInteger(at)) return range('offset', 'an integer', at);
    if (last < 0)
      return failed(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', 'Attempt to access memory outside buffer bounds');
    return at < 0 || at > last ? range('offset', `>= 0 and <= ${last}`, at) : at;
  };
  const checkValue = (value: number | bigint, bits: number, isSigned: boolean) => {
    const isBig = typeof value === 'bigint';
    const unit = isBig ? 'n' : '';
    const least = isSigned ? -(2n ** BigInt(bits - 1)) : 0n;
    const most = 2n ** BigInt(isSigned ? bits - 1 : bits) - 1n;
    if (value >= least && value <= most) return;
    if (Number.isNaN(Number(value))) return;
    const power = isSigned
      ? `>= -(2${unit} ** ${bits - 1}${unit}) and < 2${unit} ** ${bits - 1}${unit}`
      : `>= 0${unit} and < 2${unit} ** ${bits}${unit}`;
    range('value', bits > 32 ? power : `>= ${least} and <= ${most}`, value);
  };
  const found: Record<string, (this: Uint8Array, ...given: never[]) => unknown> = {};
  const add = (name: string, method: (this: Uint8Array, ...given: never[]) => unknown) => {
    found[name] = method;
    if (name.includes('UInt')) found[name.replace('UInt', 'Uint')] = method;
  };
  const kinds = 'UInt8 Int8 UInt16 Int16 UInt32 Int32 BigUInt64 BigInt64 Float Double'.split(' ');
  const stored: Readonly<Record<string, string>> = { Float: 'Float32', Double: 'Float64' };
  const methods = DataView.prototype as unknown as Record<string, Get & Put>;
  for (const kind of kinds) {
    const type = stored[kind] ?? kind.replace('UInt', 'Uint');
    const bits = Number(/\d+$/.exec(type)?.[0]);
    const [get, put] = [methods[`get${type}`] as Get, methods[`set${type}`] as Put];
    const isWhole = stored[kind] === undefined;
    for (const order of bits === 8 ? [''] : ['LE', 'BE']) {
      add(`read${kind}${order}`, function (at = 0) {
        return Reflect.apply(get, viewOf(this), [checkAt(this, at, bits / 8), order === 'LE']);
      });
      add(`write${kind}${order}`, function (value: number | bigint, at = 0) {
        if (isWhole) checkValue(value, bits, !kind.includes('U'));
        Reflect.apply(put, viewOf(this), [checkAt(this, at, bits / 8), value, order === 'LE']);
        return at + bits / 8;
      });
    }
  }
  const checkSize = (size: number) => {
    if (!(size >= 1 && size <= 6)) range('byteLength', '>= 1 and <= 6', size);
    return size;
  };
  for (const isSigned of [true, false]) {
    for (const order of ['LE', 'BE']) {
      const places = (size: number) =>
        Array.from({ length: size }, (_, at) => (order === 'LE' ? at : size - 1 - at));
      const kind = isSigned ? 'Int' : 'UInt';
      add(`read${kind}${order}`, function (at: number, size: number) {
        const start = checkAt(this, at, checkSize(size));
        const value = places(size).reduce(
          (sum, place, power) => sum + (this[start + place] ?? 0) * 256 ** power,
          0,
        );
        return isSigned && value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
      });
      add(`write${kind}${order}`, function (value: number, at: number, size: number) {
        checkValue(value, 8 * checkSize(size), isSigned);
        const start = checkAt(this, at, size);
        let left = value < 0 ? value + 2 ** (8 * size) : value;
        for (const place of places(size)) {
          this[start + place] = left % 256;
          left = Math.floor(left / 256);
        }
        return start + size;
      });
    }
  }
  for (const bits of [16, 32, 64]) {
    const size = bits / 8;
    add(`swap${bits}`, function () {
      if (this.length % size !== 0)
        failed(RangeError, 'ERR_INVALID_BUFFER_SIZE', `Buffer size must be a multiple of ${bits}-bits`);
      for (let at = 0; at < this.length; at += size) this.subarray(at, at + size).reverse();
      return this;
    });
  }
  return found;
}
