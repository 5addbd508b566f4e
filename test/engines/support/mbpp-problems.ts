/** Rows of MBPP's form: functions of one line after what they need, so that a program has three steps. */
export function mbppRows(): string {
  const rows = [2, 3, 4, 5].flatMap((n, index) =>
    // Problems from 601 on are to train on, those from 11 to 510 to test.
    [601 + index, 11 + index].map((id) => ({
      task_id: id,
      text: `Add ${n} to a number.`,
      code: `import math\nN = ${n}\ndef add_${n}(a):\n  return a + N`,
      test_list: [1, 7, 10].map((a) => `assert add_${n}(${a}) == ${a + n}`),
      test_setup_code: '',
    })),
  );
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
