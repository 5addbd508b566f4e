import { useEffect } from 'preact/hooks';
import { hrefOf, type Route } from './route.ts';

const PARTS = ['', 'curves', 'paths', 'pairs', 'annotate'];

/** Handles the keys that work everywhere, except while typing in a field. */
export function useShortcuts({ parts }: Route, onHelp: () => void): void {
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      const { key, target } = event;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (
        target instanceof Element &&
        target.matches('input:not([type=checkbox]), textarea, select, dialog *')
      )
        return;
      const [area, id] = parts;
      if (key === '?') onHelp();
      else if (key === 'g') location.hash = hrefOf([]);
      else if (key === '/') focusSearch(event);
      else if (area === 'runs' && id !== undefined && /^[1-5]$/.test(key)) {
        location.hash = hrefOf(['runs', id, PARTS[Number(key) - 1] ?? '']);
      }
    };
    addEventListener('keydown', hear);
    return () => {
      removeEventListener('keydown', hear);
    };
  }, [parts, onHelp]);
}

function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>('[data-shortcut="/"]');
  if (field === null) return;
  event.preventDefault();
  field.focus();
}
