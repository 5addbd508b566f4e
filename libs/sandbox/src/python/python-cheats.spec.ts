import { afterAll, describe, expect, it } from 'vitest';
import { SandboxPool } from '../sandbox-pool.ts';

const pool = new SandboxPool({ processes: 1, limits: { wallTimeMs: 10_000, memoryLimitMiB: 64 } });
afterAll(() => pool.close());

/** Every program here answers wrongly; the tests ask for 4 twice. */
const tests = 'def check(g):\n  assert g(2) == 4\n  assert g(3) == 6\n\ncheck(f)\n';
const wrong = 'def f(n): return 5';

const cheats: Readonly<Record<string, string>> = {
  'sys.exit(0)': 'import sys\nsys.exit(0)',
  'sys.exit(0) in an answer': 'import sys\ndef f(n): sys.exit(0)',
  'os._exit(0)': 'import os\nos._exit(0)',
  'os._exit(0) in an answer': 'import os\ndef f(n): os._exit(0)',
  'raising SystemExit': 'def f(n): raise SystemExit',
  'stopping an iteration': 'def f(n): raise StopIteration',
  'leaving by quit()': 'def f(n): quit()',
  'killing itself': 'import os, signal\ndef f(n): os.kill(os.getpid(), signal.SIGTERM)',
  aborting: 'import os\ndef f(n): os.abort()',
  'printing a verdict':
    'print(\'{"type":"done","result":{"outcome":"finished","proof":""},"usage":{},"reusable":true}\')\n' +
    wrong,
  'writing a verdict to every descriptor': `import os
for fd in range(10):
  try: os.write(fd, b'{"type":"done","result":{"outcome":"finished","proof":""},"usage":{},"reusable":true}\\n')
  except OSError: pass
${wrong}`,
  'an exception of its own that looks fine': 'class Passed(BaseException): pass\ndef f(n): raise Passed',
  'another AssertionError': `import builtins\nclass AssertionError(Exception): pass
builtins.AssertionError = AssertionError\n${wrong}`,
  'a handler at exit': `import atexit, os\natexit.register(lambda: os._exit(0))\n${wrong}`,
  'an exception hook': `import sys, os\nsys.excepthook = lambda *a: os._exit(0)\n${wrong}`,
  'a hook for what cannot be raised': `import sys, os\nsys.unraisablehook = lambda *a: os._exit(0)\n${wrong}`,
  'a trace function that jumps': `import sys
def trace(frame, event, arg):
  if frame.f_code.co_name == 'check' and event == 'line': frame.f_lineno = frame.f_code.co_firstlineno + 2
  return trace
try: sys.settrace(trace)
except RuntimeError: pass
${wrong}`,
  'a trace function set by an answer': `import sys
def f(n):
  frame = sys._getframe(1)
  def trace(frame, event, arg):
    frame.f_lineno = 3
    return trace
  frame.f_trace = trace
  try: sys.settrace(trace)
  except RuntimeError: pass
  return 5`,
  'jumping without a trace': `import sys
def f(n):
  try: sys._getframe(1).f_lineno = 3
  except ValueError: pass
  return 5`,
  'the trace function of another door': `import threading, bdb
try: threading.settrace_all_threads(lambda *a: None)
except (RuntimeError, AttributeError): pass
try: bdb.Bdb().set_trace()
except (RuntimeError, AttributeError): pass
${wrong}`,
  'a new sys from its maker': `import sys, importlib
modules = dict(sys.modules)
del sys.modules['sys']
try:
  fresh = importlib.import_module('sys')
  fresh.settrace(lambda frame, event, arg: setattr(frame, 'f_lineno', 3))
except Exception: pass
sys.modules.update(modules)
${wrong}`,
  'a trace function found in memory': `import gc
for thing in gc.get_objects():
  if type(thing) is dict and callable(thing.get('settrace')):
    try: thing['settrace'](lambda frame, event, arg: setattr(frame, 'f_lineno', 3))
    except Exception: pass
${wrong}`,
  monitoring: `import sys
def line(code, number):
  if code.co_name == '<module>': sys._getframe(1).f_globals['check'] = lambda g: None
try:
  sys.monitoring.use_tool_id(0, 'x')
  sys.monitoring.register_callback(0, sys.monitoring.events.LINE, line)
  sys.monitoring.set_events(0, sys.monitoring.events.LINE)
except Exception: pass
${wrong}`,
  'a profile function': `import sys
def profile(frame, event, arg):
  sys._getframe(1).f_globals['check'] = lambda g: None
try: sys.setprofile(profile)
except Exception: pass
${wrong}`,
  'an audit hook': `import sys
def hook(name, args):
  if name == 'compile': import os; os._exit(0)
try: sys.addaudithook(hook)
except Exception: pass
${wrong}`,
  'its own compile and exec': `import builtins
builtins.compile = builtins.exec = builtins.eval = lambda *a, **k: None\n${wrong}`,
  'its own __build_class__ and __import__': `import builtins
builtins.__import__ = builtins.__build_class__ = lambda *a, **k: None\n${wrong}`,
  'code of the tests, replaced': `import sys
def f(n):
  g = sys._getframe(1).f_globals
  def nothing(g): pass
  g['check'].__code__ = nothing.__code__
  return 5`,
  'no debug mode':
    `import builtins, sys\ntry: builtins.__debug__ = False\nexcept Exception: pass\n${wrong}`.replace(
      'builtins.__debug__',
      'builtins.__dict__["__debug__"]',
    ),
  'unittest that skips': `import unittest\ndef f(n): raise unittest.SkipTest('no')`,
  'unittest that exits': `import unittest\ndef f(n): unittest.main(argv=['x'], exit=True)`,
  'harness functions in memory': `import gc
for thing in gc.get_objects():
  code = getattr(thing, '__code__', None)
  if code is not None and code.co_filename == '<image>':
    thing.__code__ = (lambda *a, **k: 'finished').__code__
${wrong}`,
  'a module called tests': `import sys, types\nsys.modules['tests'] = types.ModuleType('tests')\n${wrong}`,
  'a name that is __builtins__': `__builtins__ = {'AssertionError': None, 'print': print}\n${wrong}`,
};

describe('a program does not pass by', () => {
  it.each(Object.entries(cheats))('%s', async (_name, code) => {
    const verdict = await pool.run({ language: 'python', code, tests });
    expect(verdict).toMatchObject({ outcome: 'failed' });
  });

  it('changing what the tests call, where those are built-in functions', async () => {
    const code =
      'import builtins\nbuiltins.abs = builtins.len = builtins.sorted = lambda *a, **k: 0\n' + wrong;
    const own = 'assert abs(f(2) - 4) == 0';
    expect(await pool.run({ language: 'python', code, tests: own })).toMatchObject({ kind: 'assertion' });
  });
});

it('finds no secret in its memory, though it looks at all that the collector, the frames and the modules show', async () => {
  await using fixed = new SandboxPool({ processes: 1, nonce: () => 'secret-of-this-run' });
  const code = `import gc, sys
seen = set()
wanted = '-'.join(['secret', 'of'])
def look(thing, depth):
  if depth == 0 or id(thing) in seen: return
  seen.add(id(thing))
  if isinstance(thing, str) and wanted in thing and thing is not wanted: print('found', thing)
  for other in gc.get_referents(thing): look(other, depth - 1)
def f(n):
  gc.unfreeze()
  look(sys._getframe(1), 8)
  for thing in gc.get_objects(): look(thing, 3)
  return n * 2`;
  const verdict = await fixed.run({ language: 'python', code, tests });
  expect(verdict).toMatchObject({ outcome: 'passed', stdout: '' });
});
