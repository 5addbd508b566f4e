import { afterAll, expect, it } from 'vitest';
import { SandboxPool } from '../sandbox-pool.ts';

const pool = new SandboxPool({ processes: 1, limits: { wallTimeMs: 10_000, memoryLimitMiB: 64 } });
afterAll(() => pool.close());

const imports = `import asyncio, contextvars, queue, sys, threading, time
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
Thread = threading.Thread
`;
const run = (code: string, tests?: string) =>
  pool.run({ language: 'python', code: imports + code, ...(tests === undefined ? {} : { tests }) });

// What CPython prints, where threads come to their turns in the order of their starts.
it.each([
  [
    'a deep recursion in a thread with a stack of its own',
    `threading.stack_size(2**27); sys.setrecursionlimit(10**6)
def main():
  def f(n): return 0 if n == 0 else 1 + f(n - 1)
  print(f(50_000))
t = Thread(target=main); t.start(); t.join(); print(t.is_alive())`,
    '50000\nFalse\n',
  ],
  [
    'who it is',
    `def who():
  me = threading.current_thread()
  print(me.name, me is threading.main_thread(), threading.get_ident() == me.ident, threading.active_count())
for t in [Thread(target=who), Thread(target=who, name="x", daemon=True)]: t.start()
print(threading.current_thread().name, threading.active_count(), threading.get_ident() == threading.main_thread().ident)`,
    'Thread-1 (who) False True 2\nx False True 2\nMainThread 1 True\n',
  ],
  [
    'threads that share a lock and a list',
    `lock = threading.RLock(); found = []
class Worker(Thread):
  def __init__(self, n): super().__init__(); self.n = n
  def run(self):
    with lock, lock: found.append(self.n)
ts = [Worker(n) for n in range(5)]
for t in ts: t.start()
for t in ts: t.join(1)
print(found)`,
    '[0, 1, 2, 3, 4]\n',
  ],
  [
    'a producer before its consumer',
    `q = queue.Queue(); end = threading.Event()
def produce():
  for n in range(3): q.put(n)
  q.put(None); end.set()
def consume():
  end.wait()
  for n in iter(q.get, None): print(n)
for t in [Thread(target=produce), Thread(target=consume)]: t.start()`,
    '0\n1\n2\n',
  ],
  [
    'an exception, and an exit, that end their thread only',
    `hooked = []
def bad(): raise ValueError("no")
t = Thread(target=bad); t.start(); t.join()
Thread(target=lambda: sys.exit(3)).start()
threading.excepthook = lambda args: hooked.append((args.exc_type.__name__, args.thread.name))
Thread(target=bad, name="b").start()
print("goes on", hooked)`,
    "goes on [('ValueError', 'b')]\n",
  ],
  [
    'local and context variables of a thread',
    `local = threading.local(); local.x = 1
v = contextvars.ContextVar("v", default=0); v.set(1)
def see(): print(hasattr(local, "x"), v.get()); local.x = 2
t = Thread(target=see); t.start(); t.join(); print(local.x, v.get())`,
    'False 0\n1 1\n',
  ],
  [
    'a pool',
    `def half(n): return 1 / n
with ThreadPoolExecutor(max_workers=3) as pool:
  print(list(pool.map(lambda n: n * n, range(5))))
  done = {pool.submit(pow, 2, n): n for n in range(4)}
  print(sorted((done[f], f.result()) for f in as_completed(done)))
  f = pool.submit(half, 0)
  print(repr(f.exception()), f.done(), wait([f]).not_done)
  print(pool.submit(lambda: pool.submit(half, 4).result()).result(), pool.submit(half, n=2).result())
try: pool.submit(half, 1)
except RuntimeError as e: print(e)`,
    '[0, 1, 4, 9, 16]\n[(0, 1), (1, 2), (2, 4), (3, 8)]\n' +
      "ZeroDivisionError('division by zero') True set()\n0.25 0.5\ncannot schedule new futures after shutdown\n",
  ],
  [
    'workers of a pool with a beginning of their own',
    `local = threading.local()
def begin(n): local.n = n
def bad(): raise ValueError
with ThreadPoolExecutor(2, "w", begin, (7,)) as pool:
  print(list(pool.map(lambda _: (local.n, threading.current_thread().name), range(2))))
pool = ThreadPoolExecutor(2, initializer=bad)
print(repr(pool.submit(print).exception()))`,
    "[(7, 'w_0'), (7, 'w_0')]\n" +
      "BrokenThreadPool('A thread initializer failed, the thread pool is not usable anymore')\n",
  ],
  [
    'asyncio beside threads',
    `async def main():
  loop = asyncio.get_running_loop()
  print(await asyncio.to_thread(lambda: asyncio.run(asyncio.sleep(0, 5))), await loop.run_in_executor(None, pow, 2, 3))
asyncio.run(main())`,
    '5 8\n',
  ],
  [
    'what does not wait',
    `lock = threading.Lock(); lock.acquire()
def try_it():
  print(lock.acquire(False), lock.acquire(timeout=0), threading.Event().wait(0)); time.sleep(0)
t = Thread(target=try_it); t.start(); t.join(); threading.Timer(0, print, ["now"]).start()
print(lock.acquire(timeout=1), threading.Event().wait(0.1))`,
    'False False False\nnow\nFalse False\n',
  ],
  [
    'functions beneath threading',
    `import _thread
_thread.start_new_thread(print, ("a",), {"end": "!\\n"}); _thread.start_new_thread(lambda: 1 / 0, ())
print(threading.Lock().__enter__(), type(_thread.get_ident()).__name__)`,
    'a!\nTrue int\n',
  ],
  [
    'a chain of threads, each deeper than the last',
    `def count(n): return 0 if n == 0 else 1 + count(n - 1)
def start(n):
  t = Thread(target=start, args=(n - 1,)) if n else Thread(target=lambda: print(count(900), sys.getrecursionlimit()))
  t.start(); t.join()
def deep(n): return start(250) if n == 0 else deep(n - 1)
deep(800)
try: count(1001)
except RecursionError: print("ends")`,
    '900 1000\nends\n',
  ],
  [
    'a limit of recursion that a thread sets for all',
    `def count(n): return 0 if n == 0 else 1 + count(n - 1)
t = Thread(target=sys.setrecursionlimit, args=(5_000,)); t.start(); t.join()
print(sys.getrecursionlimit(), count(4_900))
def f():
  try: count(6_000)
  except RecursionError: print("ends too")
t = Thread(target=f); t.start(); t.join()
for bad in 0, 2**40, "1":
  try: sys.setrecursionlimit(bad)
  except (ValueError, OverflowError, TypeError) as e: print(type(e).__name__)`,
    '5000 4900\nends too\nValueError\nOverflowError\nTypeError\n',
  ],
  [
    'a worker of a pool, which keeps its context variables',
    `v = contextvars.ContextVar("v", default=0)
def more(): v.set(v.get() + 1); return v.get()
with ThreadPoolExecutor(1) as pool: print([pool.submit(more).result() for _ in range(3)], v.get())`,
    '[1, 2, 3] 0\n',
  ],
  [
    'names of threads and locks',
    `import _thread
from concurrent.futures import *
l = threading.Lock(); print(isinstance(l, _thread.LockType), l.acquire_lock(), l.locked_lock()); l.release_lock()
t = Thread(target=lambda: print(t.native_id == threading.get_native_id())); t.start(); print(wait([]).done)`,
    'True True True\nTrue\nset()\n',
  ],
])('%s', async (_, code, expected) => {
  expect(await run(code)).toMatchObject({ outcome: 'passed', stdout: expected });
});

// Where one waits for another, the order of a real machine is another one: an error, and no other output.
it.each([
  [
    'a consumer before its producer',
    'q = queue.Queue()\nThread(target=q.get, daemon=True).start()\nq.put(1)',
  ],
  ['a wait with an end', 'q = queue.SimpleQueue()\nThread(target=lambda: q.get(timeout=1)).start()'],
  ['a full queue', 'q = queue.Queue(1)\nq.put(0)\nThread(target=q.put, args=(1,)).start()'],
  ['a lock of its starter', 'l = threading.Lock()\nwith l: Thread(target=l.acquire).start()'],
  ['a re-entrant lock of its starter', 'l = threading.RLock()\nwith l: Thread(target=l.acquire).start()'],
  ['an event', 'e = threading.Event()\nThread(target=e.wait).start()\ne.set()'],
  ['a barrier', 'b = threading.Barrier(2)\nThread(target=b.wait).start()'],
  ['the main thread', 'Thread(target=threading.main_thread().join).start()'],
  ['the clock', 'Thread(target=time.sleep, args=(1,)).start()'],
  ['a timer', 'threading.Timer(1, print).start()'],
  ['a pool that is full', 'p = ThreadPoolExecutor(1)\np.submit(lambda: p.submit(int).result()).result()'],
  ['the clock in a pool', 'ThreadPoolExecutor(1).submit(time.sleep, 1)'],
  ['what its event loop gets', 'loop = asyncio.new_event_loop()\nThread(target=loop.run_forever).start()'],
  ['the interrupted main thread', 'import _thread\nThread(target=_thread.interrupt_main).start()'],
  [
    'the clock, caught in the thread',
    'def f():\n  try: time.sleep(1)\n  except: pass\nThread(target=f).start()',
  ],
  ['the clock, caught outside', 'try: Thread(target=time.sleep, args=(1,)).start()\nexcept: pass'],
])('refuses a thread that waits for %s, and says so', async (_, code) => {
  const message = expect.stringMatching(
    /^ThreadWaits: a started thread would wait here \(for a lock/u,
  ) as string;
  expect(await run(code)).toMatchObject({ outcome: 'failed', kind: 'exception', message });
  const caught = `try:\n  ${code.replaceAll('\n', '\n  ')}\nexcept BaseException: pass`;
  expect(await run(caught, 'assert True')).toMatchObject({ outcome: 'failed', message });
});

it('ends an endless wait of the main thread by the time limit, as CPython would', async () => {
  const code = `${imports}Thread(target=print).start()\nqueue.Queue().get()`;
  const verdict = await pool.run({ language: 'python', code }, { limits: { wallTimeMs: 300 } });
  expect(verdict).toMatchObject({ outcome: 'timed-out' });
});

it.each([
  ['an exit', 'Thread(target=lambda: sys.exit(0)).start()'],
  ['the system’s exit', 'import os\nThread(target=os._exit, args=(0,)).start()'],
  ['a failed thread', 'Thread(target=lambda: 1 / 0).start()'],
  ['a hook', 'import os\nthreading.excepthook = lambda a: os._exit(0)\nThread(target=lambda: 1 / 0).start()'],
  ['a thread of its answer', 'def f(n):\n  Thread(target=lambda: sys.exit(0)).start()\n  return 5'],
])('a wrong answer does not pass by %s in a thread', async (_, code) => {
  const tests = 'assert f(2) == 4';
  expect(await run(`def f(n): return 5\n${code}`, tests)).toMatchObject({ outcome: 'failed' });
});
