const definition = /^(?:async[ \t]+)?(?:def|class)[ \t]/m;
const prompted = /^[ \t]*(?:>>>|In ?\[\d*\]:) ?(?:async[ \t]+)?(?:def|class|@)/m;
/** A line of an interactive session, of Python or of IPython, with what was typed. */
const typed = /^[ \t]*(?:>>>|\.\.\.:?|In ?\[\d*\]:)(?: (.*)|\s*)$/;
const continued = /^[ \t]*\.\.\./m;

/** What was typed in an interactive session that defines something; what it answered is left out. */
export function fromSession(code: string): string {
  if (!prompted.test(code) || definition.test(code)) return code;
  const lines = code.split('\n').map((line) => line.replace(/\r$/, ''));
  return lines
    .flatMap(continued.test(code) ? typedAtPrompt : typedBelowPrompt)
    .map((line) => `${line}\n`)
    .join('');
}

function typedAtPrompt(line: string): string[] {
  const found = typed.exec(line);
  return found === null ? [] : [found[1] ?? ''];
}

/** Lines below a prompt are indented where nothing says that they go on. */
function typedBelowPrompt(line: string): string[] {
  return /^[ \t]+\S/.test(line) && !typed.test(line) ? [line] : typedAtPrompt(line);
}
