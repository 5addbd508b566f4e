const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const DAY_MS = 86_400_000;

/** A number as a directive writes it: padded to a width by zeros or blanks. */
type Part = string | readonly [value: number, width: number, padding?: '0' | ' '];

/** Python's strftime of a time without a zone, in UTC and English; `-`, `_`, `0` and `^` after the % as glibc has them. */
export function strftime(time: Date, format: string): string {
  return format.replace(/%([-_0^]?)([\s\S]|$)/g, (text, flag: string, directive: string) => {
    const part = partOf(time, directive);
    if (part === undefined) throw new Error(`strftime_now: the directive ${text} is not known`);
    return written(part, flag);
  });
}

function written(part: Part, flag: string): string {
  if (typeof part === 'string') return flag === '^' ? part.toUpperCase() : part;
  const [value, width, padding = '0'] = part;
  if (flag === '-') return String(value);
  return String(value).padStart(width, flag === '_' ? ' ' : flag === '0' ? '0' : padding);
}

/** The directives that stand for others. */
const COMPOSED: Readonly<Record<string, string>> = {
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  c: '%a %b %e %H:%M:%S %Y',
  h: '%b',
  r: '%I:%M:%S %p',
  x: '%m/%d/%y',
};

function partOf(time: Date, directive: string): Part | undefined {
  const composed = COMPOSED[directive];
  return composed === undefined
    ? (dateOf(time, directive) ?? clockOf(time, directive))
    : strftime(time, composed);
}

function dateOf(time: Date, directive: string): Part | undefined {
  const [year, month, weekday] = [time.getUTCFullYear(), MONTHS[time.getUTCMonth()] ?? '', time.getUTCDay()];
  const day = Math.floor((time.getTime() - Date.UTC(year, 0, 1)) / DAY_MS);
  const parts: Readonly<Record<string, Part>> = {
    ...{ Y: String(year), y: [year % 100, 2], C: [Math.floor(year / 100), 2] },
    ...{ m: [time.getUTCMonth() + 1, 2], B: month, b: month.slice(0, 3) },
    ...{ d: [time.getUTCDate(), 2], e: [time.getUTCDate(), 2, ' '], j: [day + 1, 3] },
    ...{
      A: DAYS[weekday] ?? '',
      a: (DAYS[weekday] ?? '').slice(0, 3),
      w: String(weekday),
      u: String(weekday || 7),
    },
    ...{
      U: [Math.floor((day + 7 - weekday) / 7), 2],
      W: [Math.floor((day + 7 - ((weekday + 6) % 7)) / 7), 2],
    },
  };
  return parts[directive];
}

function clockOf(time: Date, directive: string): Part | undefined {
  const [hour, minute] = [time.getUTCHours(), time.getUTCMinutes()];
  const half = hour < 12 ? 'AM' : 'PM';
  const parts: Readonly<Record<string, Part>> = {
    ...{ H: [hour, 2], k: [hour, 2, ' '], I: [hour % 12 || 12, 2], l: [hour % 12 || 12, 2, ' '] },
    ...{ M: [minute, 2], S: [time.getUTCSeconds(), 2], f: [time.getUTCMilliseconds() * 1000, 6] },
    ...{ p: half, P: half.toLowerCase(), Z: '', z: '', n: '\n', t: '\t', '%': '%' },
  };
  return parts[directive];
}
