import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { openSession } from './data/api-client.ts';
import { hrefOf, useRoute } from './data/route.ts';
import { useLoaded } from './data/use-loaded.ts';
import { useShortcuts } from './data/use-shortcuts.ts';
import { Problem } from './parts/problem.tsx';
import { Toast } from './parts/toast.tsx';
import { CompareView } from './views/compare-view.tsx';
import { LoginView } from './views/login-view.tsx';
import { RunView } from './views/run-view.tsx';
import { RunsView } from './views/runs-view.tsx';
import { ShortcutsDialog } from './views/shortcuts-dialog.tsx';

/** The page. */
export function App() {
  const { value: session, error, reload } = useLoaded('session', openSession);
  const [isHelping, setHelping] = useState(false);
  const main = useRef<HTMLElement>(null);
  const route = useRoute();
  const path = route.parts.join('/');
  useShortcuts(
    route,
    useCallback(() => {
      setHelping(true);
    }, []),
  );
  useEffect(() => {
    document.title = path === '' ? 'SIPF' : `${path} - SIPF`;
  }, [path]);
  return (
    <>
      <a
        class="skip"
        href="#page"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <header class="top">
        <a class="name" href={hrefOf([])}>
          SIPF
        </a>
        <a href={hrefOf([])}>Runs</a>
        <a href={hrefOf(['compare'])}>Compare</a>
        <button
          type="button"
          class="push"
          onClick={() => {
            setHelping(true);
          }}
        >
          Keys <kbd>?</kbd>
        </button>
      </header>
      <main ref={main} tabIndex={-1}>
        <Problem error={error} />
        {session?.isOpen === false && <LoginView onOpen={reload} />}
        {session?.isOpen === true && <View />}
      </main>
      <Toast />
      {isHelping && (
        <ShortcutsDialog
          onClose={() => {
            setHelping(false);
          }}
        />
      )}
    </>
  );
}

function View() {
  const route = useRoute();
  const [area, id, tab = 'overview'] = route.parts;
  if (area === 'runs' && id !== undefined) return <RunView key={id} id={id} tab={tab} route={route} />;
  if (area === 'compare') return <CompareView route={route} />;
  return <RunsView />;
}
