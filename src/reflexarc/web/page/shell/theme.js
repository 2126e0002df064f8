// Light, dark, or as the device has it; the choice is remembered on this device only.

const NAMES = { auto: "as on this device", light: "light", dark: "dark" };
const MARKS = { auto: "◐", light: "○", dark: "●" };
const KEY = "reflexarc-theme";

/** Let a button go through the themes. */
export function makeTheme({ store, button }) {
  const kept = recall();
  if (kept) store.set({ view: { theme: kept } });
  const draw = () => {
    const { theme } = store.get().view;
    const root = document.documentElement;
    if (theme === "auto") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
    button.textContent = MARKS[theme];
    button.setAttribute("aria-label", `Colours: ${NAMES[theme]}`);
  };
  button.addEventListener("click", () => {
    const order = Object.keys(NAMES);
    const next = order[(order.indexOf(store.get().view.theme) + 1) % order.length];
    store.set({ view: { theme: next } });
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // A browser that keeps nothing shows the theme until it is closed.
    }
  });
  store.subscribe((state, before) => state.view.theme !== before.view.theme && draw());
  draw();
}

function recall() {
  try {
    const kept = localStorage.getItem(KEY);
    return kept in NAMES ? kept : null;
  } catch {
    return null;
  }
}
