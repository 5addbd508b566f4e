import type { HostCalls } from './create-file-calls.ts';
import type { Heap } from './create-heap.ts';

/** What an interpreter may know of the world; read anew at every use. */
export interface World {
  /** `NAME=value` lines that the interpreter starts with. */
  readonly environment: readonly string[];
  /** Random bytes to give out first, then the state of the generator of all others: four 32-bit words. */
  readonly random: { ready: Uint8Array; readonly state: Uint32Array };
  /** Pages of 64 KiB that the memory may have. */
  readonly maxPages: number;
  /** How many calls the program is deep in. */
  readonly depth: () => number;
  /** Called when the interpreter's process would end; must throw. */
  readonly leave: (exitStatus: number) => never;
}

/**
 * Time, random bytes, environment and memory of an interpreter. Sleeping takes no time: waiting for the clock advances it.
 * Runs inside the isolate from its source text.
 */
export function createSystemCalls(heap: Heap, memory: WebAssembly.Memory, world: World): HostCalls {
  const [EINVAL, ENOMEM_ANSWER, pageBytes] = [28, 0, 65_536];
  const sleepStepMs = 2;
  let [sleptMs, deepest] = [0, 0];
  const nowMs = () => Date.now() + sleptMs;
  /** Bob Jenkins' small fast generator: a word a call. */
  const nextWord = () => {
    const [a = 0, b = 0, c = 0, d = 0] = world.random.state;
    const mixed = (a - ((b << 27) | (b >>> 5))) | 0;
    const last = (mixed + (b ^ ((c << 17) | (c >>> 15)))) | 0;
    world.random.state.set([b ^ ((c << 17) | (c >>> 15)), c + d, d + mixed, last]);
    return last >>> 0;
  };
  /**
   * The trace back of an error on its way out of a deep recursion is the interpreter's: without memory for it, it would lose the
   * error. On the way in only the limit counts.
   */
  const pagesForTrace = () => {
    const [depth, bytesPerLevel] = [world.depth(), 128];
    deepest = Math.max(deepest, depth);
    return depth < deepest ? Math.ceil((deepest * bytesPerLevel) / pageBytes) : 0;
  };
  const writeTime = (pointer: number, date: Date) => {
    const year = date.getUTCFullYear();
    const yearDay = Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / 86_400_000);
    const [hours, minutes, seconds] = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
    const day = [date.getUTCDate(), date.getUTCMonth(), year - 1900, date.getUTCDay(), yearDay];
    [seconds, minutes, hours, ...day, 0, 0].forEach((value, index) => {
      heap.view().setInt32(pointer + 4 * index, value, true);
    });
  };
  const readTime = (pointer: number) => {
    const at = (index: number) => heap.view().getInt32(pointer + 4 * index, true);
    const date = new Date(Date.UTC(at(5) + 1900, at(4), at(3), at(2), at(1), at(0)));
    writeTime(pointer, date);
    return BigInt(Math.floor(date.getTime() / 1000));
  };
  const writeClock = (_clock: number, _precision: bigint, pointer: number) => {
    heap.view().setBigInt64(pointer, BigInt(Math.round(nowMs() * 1e6)), true);
    return 0;
  };
  return {
    clock_time_get: writeClock,
    clock_res_get: (_clock: number, pointer: number) => {
      heap.view().setBigInt64(pointer, 1_000_000n, true);
      return 0;
    },
    emscripten_date_now: nowMs,
    // Only sleeping asks for this clock, again and again until its time has come.
    emscripten_get_now: () => {
      sleptMs += sleepStepMs;
      return nowMs();
    },
    _gmtime_js: (time: bigint, pointer: number) => {
      writeTime(pointer, new Date(Number(time) * 1000));
    },
    _localtime_js: (time: bigint, pointer: number) => {
      writeTime(pointer, new Date(Number(time) * 1000));
    },
    _mktime_js: readTime,
    _timegm_js: readTime,
    _tzset_js: (offset: number, daylight: number, standardName: number, summerName: number) => {
      heap.view().setInt32(offset, 0, true);
      heap.view().setInt32(daylight, 0, true);
      for (const name of [standardName, summerName]) heap.writeText(name, 'UTC\0');
    },
    random_get: (pointer: number, length: number) => {
      const bytes = heap.bytes();
      const { ready } = world.random;
      world.random.ready = ready.subarray(length);
      bytes.set(ready.subarray(0, length), pointer);
      for (let index = ready.length; index < length; index += 1) bytes[pointer + index] = nextWord();
      return 0;
    },
    environ_sizes_get: (count: number, size: number) => {
      heap.view().setUint32(count, world.environment.length, true);
      heap.view().setUint32(
        size,
        world.environment.reduce((sum, line) => sum + line.length + 1, 0),
        true,
      );
      return 0;
    },
    environ_get: (list: number, texts: number) => {
      let at = texts;
      world.environment.forEach((line, index) => {
        heap.view().setUint32(list + 4 * index, at, true);
        heap.writeText(at, `${line}\0`);
        at += line.length + 1;
      });
      return 0;
    },
    emscripten_get_heap_max: () => world.maxPages * pageBytes,
    emscripten_resize_heap: (bytes: number) => {
      const wanted = Math.ceil((bytes >>> 0) / pageBytes);
      const pages = memory.buffer.byteLength / pageBytes;
      const most = world.maxPages + pagesForTrace();
      if (wanted > most) return ENOMEM_ANSWER;
      try {
        memory.grow(Math.max(0, Math.min(most, Math.max(wanted, pages + 64)) - pages));
        return 1;
      } catch {
        return ENOMEM_ANSWER;
      }
    },
    _emscripten_get_progname: (pointer: number) => {
      heap.writeText(pointer, 'python\0');
    },
    _setitimer_js: () => -EINVAL,
    proc_exit: world.leave,
    exit: world.leave,
    _abort_js: () => world.leave(134),
    __assert_fail: (text: number) => {
      throw new Error(`the interpreter's own assertion failed: ${heap.readText(text)}`);
    },
  };
}
