import { describe, expect, it } from 'vitest';
import { strftime } from './strftime.ts';

describe('strftime', () => {
  it.each([
    ['2024-07-26', '%d %B %Y', '26 July 2024'],
    ['2024-07-26', '%A, %a %w %u', 'Friday, Fri 5 5'],
    ['2024-07-06', '%-d.%-m. %e|%_d|%d', '6.7.  6| 6|06'],
    ['2024-01-07', '%U %W %j', '01 01 007'],
    ['2023-01-01', '%U %W %u', '01 00 7'],
    ['2024-12-31T15:04:05', '%j %I:%M:%S %p %H %T %R %f', '366 03:04:05 PM 15 15:04:05 15:04 000000'],
    ['2024-07-26', '%c|%x|%X|%F|%D', 'Fri Jul 26 00:00:00 2024|07/26/24|00:00:00|2024-07-26|07/26/24'],
    ['2024-07-26', '%y %C %h %^b %% %I', '24 20 Jul JUL % 12'],
    ['2024-07-26', 'no directive', 'no directive'],
  ])('of %s by %s is %s', (time, format, text) => {
    expect(strftime(new Date(`${time}${time.includes('T') ? '' : 'T00:00:00'}Z`), format)).toBe(text);
  });

  it.each(['%Q', '%', '100 %-'])('refuses %s', (format) => {
    expect(() => strftime(new Date(0), format)).toThrow(/is not known/);
  });
});
