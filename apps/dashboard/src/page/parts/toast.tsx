import { useEffect, useState } from 'preact/hooks';

const SHOWN_MS = 4000;
const news = new EventTarget();

/** Shows a short message, also to screen readers. */
export function say(text: string): void {
  news.dispatchEvent(new CustomEvent('say', { detail: text }));
}

/** Shows the messages of {@link say}. */
export function Toast() {
  const [text, setText] = useState('');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hear = (event: Event): void => {
      setText((event as CustomEvent<string>).detail);
      clearTimeout(timer);
      timer = setTimeout(() => {
        setText('');
      }, SHOWN_MS);
    };
    news.addEventListener('say', hear);
    return () => {
      news.removeEventListener('say', hear);
      clearTimeout(timer);
    };
  }, []);
  return (
    <div class="toast" role="status">
      {text}
    </div>
  );
}
